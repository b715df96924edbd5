package io.cowherd.mapping.volume;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;

/// Where the reservations of one volume are kept.
///
/// **Threading.** *Thread-safe.*
public interface ReservationStore {
    /// What is kept now; nothing if that cannot be believed.
    Reservations present();

    /// Refuses if what is kept cannot be believed: then nobody knows what is reserved, and nothing can be changed.
    ///
    /// @throws IOException saying why, and what to do
    default void requireBelievable() throws IOException {}

    /// Keeps `next` in the place of `expected`. When it returns that is durable; when it throws, [#present] says what is kept,
    /// though a crash may still bring the new one if the storage does not let the old one be put back.
    ///
    /// @param expected what the change was made from
    /// @throws IOException if it cannot be kept, or if something else than `expected` is kept now: a logical unit that has been
    ///     taken away, and shown again, must not undo what came after it
    void replace(Reservations expected, Reservations next) throws IOException;

    /// Refuses a change that was made from something else.
    static void check(Reservations expected, Reservations present) throws IOException {
        if (!expected.equals(present)) {
            throw new IOException(
                    "The reservations have changed meanwhile: generation %d, expected %d"
                            .formatted(present.generation(), expected.generation()));
        }
    }

    /// One that ends with the process.
    static ReservationStore inMemory() {
        var present = new AtomicReference<>(Reservations.NONE);
        return new ReservationStore() {
            @Override
            public Reservations present() {
                return present.get();
            }

            @Override
            public synchronized void replace(Reservations expected, Reservations next)
                    throws IOException {
                ReservationStore.check(expected, present.get());
                present.set(next);
            }
        };
    }
}
