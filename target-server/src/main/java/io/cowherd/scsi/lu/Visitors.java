package io.cowherd.scsi.lu;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The third-party copies that use a logical unit: they may be tasks of another one, of another target even. They must have
/// left before the device is closed, and whose rights have gone must not touch it after whoever took them is told GOOD.
///
/// A visitor begins a piece and then asks whether it still may; who takes rights away does that first and then looks who is at a piece.
/// So one of the two sees the other.
///
/// **Threading.** *Thread-safe: one lock, never held while anybody else is called.*
final class Visitors {
    private final CompletableFuture<@Nullable Void> empty = new CompletableFuture<>();

    // Guarded by this; no more than threads that may block
    private final Set<Visit> inside = new HashSet<>();

    private volatile boolean closing;

    /// One copy's stay.
    ///
    /// **Threading.** *Confined* to the thread that copies, but for what is guarded.
    final class Visit implements AutoCloseable {
        private final BooleanSupplier mayStay;

        // Guarded by the visitors; null between pieces
        private @Nullable CompletableFuture<@Nullable Void> piece;

        private Visit(BooleanSupplier mayStay) {
            this.mayStay = mayStay;
        }

        /// Announces that the device is about to be used, and must not be unless this says true. To be followed by [#end] in any
        /// case.
        boolean begin() {
            synchronized (Visitors.this) {
                piece = new CompletableFuture<>();
            }
            return mayStay.getAsBoolean();
        }

        /// The device is not used any more, until the next [#begin].
        void end() {
            CompletableFuture<@Nullable Void> ended;
            synchronized (Visitors.this) {
                ended = piece;
                piece = null;
            }
            if (ended != null) {
                ended.complete(null);
            }
        }

        @Override
        public void close() {
            boolean last;
            synchronized (Visitors.this) {
                inside.remove(this);
                last = closing && inside.isEmpty();
            }
            if (last) {
                empty.complete(null);
            }
        }
    }

    /// Lets a copy in; null if the logical unit goes.
    ///
    /// @param mayStay asked for each piece, by any thread; must not block
    synchronized @Nullable Visit enter(BooleanSupplier mayStay) {
        if (closing) {
            return null;
        }
        Visit visit = new Visit(mayStay);
        inside.add(visit);
        return visit;
    }

    /// True if those inside are asked to leave.
    boolean isClosing() {
        return closing;
    }

    /// Lets nobody in any more.
    ///
    /// @return completes when nobody is inside
    CompletionStage<@Nullable Void> close() {
        boolean none;
        synchronized (this) {
            closing = true;
            none = inside.isEmpty();
        }
        if (none) {
            empty.complete(null);
        }
        return empty;
    }

    /// Waits for those who may stay no more, and for nobody else.
    ///
    /// @return completes, on a thread that copies or at once, when none of them is at a piece
    CompletionStage<Void> shutOut() {
        record AtPiece(Visit visit, CompletableFuture<@Nullable Void> piece) {}
        List<AtPiece> working;
        synchronized (this) {
            working =
                    inside.stream()
                            .filter(visit -> visit.piece != null)
                            .map(visit -> new AtPiece(visit, visit.piece))
                            .toList();
        }
        return CompletableFuture.allOf(
                working.stream()
                        .filter(each -> !each.visit().mayStay.getAsBoolean())
                        .map(AtPiece::piece)
                        .toArray(CompletableFuture<?>[]::new));
    }
}
