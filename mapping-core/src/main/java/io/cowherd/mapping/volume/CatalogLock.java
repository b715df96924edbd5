package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileInUseException;
import io.cowherd.mapping.device.LockFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// Keeps the changes that several nodes make to one group's catalog apart: each holds the file `catalog.lock` for one change.
///
/// **Threading.** *Thread-safe*: immutable.
interface CatalogLock {
    String NAME = "catalog.lock";

    /// How long a change waits for those of others. A change takes milliseconds; a node that was paused within one keeps the
    /// lock, and nobody else may change the catalog before that node goes on or is gone.
    Duration PATIENCE = Duration.ofSeconds(10);

    /// The right to make one change.
    interface Turn extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /// Waits until it is this node's turn.
    ///
    /// @throws IOException if another keeps it for too long
    Turn take() throws IOException;

    /// True if others may have changed the catalog between two turns.
    boolean isShared();

    /// Nobody else is there.
    CatalogLock ALONE =
            new CatalogLock() {
                @Override
                public Turn take() {
                    return () -> {};
                }

                @Override
                public boolean isShared() {
                    return false;
                }
            };

    /// One among several nodes.
    ///
    /// @param group folder of the group
    /// @param holder who asks, for the others
    static CatalogLock of(Path group, String holder) {
        return new CatalogLock() {
            @Override
            public Turn take() throws IOException {
                try {
                    var mode = LockFile.Mode.EXCLUSIVE;
                    return LockFile.lock(group.resolve(NAME), mode, holder, PATIENCE)::close;
                } catch (FileInUseException e) {
                    throw new IOException(
                            "The catalog in %s has been kept by %s for %d s: end that process if it does not answer"
                                    .formatted(group, e.holder(), PATIENCE.toSeconds()),
                            e);
                }
            }

            @Override
            public boolean isShared() {
                return true;
            }
        };
    }
}
