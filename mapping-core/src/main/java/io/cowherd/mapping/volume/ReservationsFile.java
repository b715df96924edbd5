package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The reservations of one family in their file, a [ReplacedFile] in the family's folder. No file means no reservations.
///
/// On a full file system changes have a [RoomReserve] once there has been one: a host that has failed can be kept off.
///
/// **Threading.** *Thread-safe*: changes are serialised by a lock that is held while the file is replaced; what is present is
/// an immutable map.
final class ReservationsFile {
    static final String NAME = "reservations";
    private static final String RESERVE = NAME + ".reserve";

    private final UUID family;
    private final ReplacedFile file;
    private final RoomReserve reserve;
    private final @Nullable IOException unbelievable;

    // Guarded by this
    private byte @Nullable [] presentBytes;

    // Guarded by this, read by any thread
    private volatile Map<UUID, Reservations> present;

    private ReservationsFile(
            Path directory, UUID family, DurableFiles files, @Nullable IOException unbelievable) {
        this.family = family;
        this.file = new ReplacedFile(directory, NAME, files);
        this.reserve = new RoomReserve(directory, RESERVE, files);
        this.unbelievable = unbelievable;
        this.present = Map.of();
    }

    /// Every name that reservations may have in a family's folder.
    static boolean isOurs(String name) {
        return ReplacedFile.names(NAME).contains(name) || name.equals(RESERVE);
    }

    /// Those of a new family.
    ///
    /// @param directory the family's folder
    static ReservationsFile fresh(Path directory, UUID family, DurableFiles files) {
        return new ReservationsFile(directory, family, files, null);
    }

    /// Those of a family that is there.
    ///
    /// @param directory the family's folder
    /// @param volumes those in the catalog: what others had reserved is forgotten
    /// @throws IOException [CorruptReservationsException] or [ReservationsTooNewException] if they cannot be believed
    static ReservationsFile open(Path directory, UUID family, Set<UUID> volumes, DurableFiles files)
            throws IOException {
        var opened = new ReservationsFile(directory, family, files, null);
        opened.load(volumes);
        return opened;
    }

    /// Those of a family whose file was not believed: nothing is told of them, and nothing is changed.
    ///
    /// @param why what [#open] has thrown
    static ReservationsFile unbelievable(
            Path directory, UUID family, DurableFiles files, IOException why) {
        return new ReservationsFile(directory, family, files, why);
    }

    private synchronized void load(Set<UUID> volumes) throws IOException {
        if (file.exists()) {
            byte[] bytes = file.read(ReservationsFormat.MAX_BYTES, ReservationsFormat.REFUSALS);
            var found = new HashMap<>(ReservationsFormat.decode(bytes, family, file.path()));
            found.keySet().retainAll(volumes);
            presentBytes = bytes;
            present = Map.copyOf(found);
            reserve.keep(bytes.length);
        }
        file.cleanUp();
    }

    /// Those of one volume.
    ReservationStore of(UUID volume) {
        return new ReservationStore() {
            @Override
            public Reservations present() {
                return present.getOrDefault(volume, Reservations.NONE);
            }

            @Override
            public void requireBelievable() throws IOException {
                requireBelief();
            }

            @Override
            public void replace(Reservations expected, Reservations next) throws IOException {
                changeFrom(expected, volume, next);
            }
        };
    }

    /// Forgets a volume that is no more.
    synchronized void forget(UUID volume) throws IOException {
        if (present.containsKey(volume)) {
            change(volume, null);
        }
    }

    private synchronized void changeFrom(Reservations expected, UUID volume, Reservations next)
            throws IOException {
        ReservationStore.check(expected, present.getOrDefault(volume, Reservations.NONE));
        change(volume, next);
    }

    private synchronized void change(UUID volume, @Nullable Reservations changed)
            throws IOException {
        requireBelief();
        var next = new HashMap<>(present);
        if (changed == null) {
            next.remove(volume);
        } else {
            next.put(volume, changed);
        }
        byte[] bytes = ReservationsFormat.encode(family, next);
        if (bytes.length > ReservationsFormat.MAX_BYTES) {
            throw new IOException(
                    "The reservations %s would have %d bytes, at most %d are read again. Have hosts unregister."
                            .formatted(file.path(), bytes.length, ReservationsFormat.MAX_BYTES));
        }
        try {
            replace(bytes);
        } catch (IOException e) {
            putBack(e);
            throw e;
        }
        presentBytes = bytes;
        present = Map.copyOf(next);
        reserve.keep(bytes.length);
    }

    private void requireBelief() throws IOException {
        if (unbelievable != null) {
            throw new IOException(unbelievable.getMessage(), unbelievable);
        }
    }

    private void replace(byte[] bytes) throws IOException {
        try {
            file.replace(bytes, presentBytes);
        } catch (IOException e) {
            if (!FileFault.isNoSpace(e) || !reserve.giveUp()) {
                throw e;
            }
            file.replace(bytes, presentBytes);
        }
    }

    /// A change that failed may be what a crash leaves: what is in force goes in its place again, if the storage lets it.
    private void putBack(IOException why) {
        try {
            file.putBack(presentBytes);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /// Names the file for people.
    @Override
    public String toString() {
        return file.path().toString();
    }
}
