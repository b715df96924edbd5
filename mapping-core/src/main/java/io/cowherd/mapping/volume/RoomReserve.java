package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Room that is kept for a catalog, or for a family's reservations, on its file system: so that volumes can be removed when
/// that is full, and hosts that have failed be kept off. Replacing such a file needs room before anything gives any.
///
/// A file with storage behind it, for the next generation and the one before. It is given up for a change that
/// finds no room and makes some, and made again after it. What cannot be made now is tried again after the next change.
///
/// **Threading.** *Confined to whoever holds its owner's lock.*
final class RoomReserve {
    /// Room for the catalog of some 200 volumes, twice, with what the file system itself writes.
    private static final int LEAST_BYTES = 128 << 10;

    private final Path directory;
    private final Path file;
    private final DurableFiles files;
    private int heldBytes;

    /// @param name the file's
    RoomReserve(Path directory, String name, DurableFiles files) {
        this.directory = directory;
        this.file = directory.resolve(name);
        this.files = files;
    }

    /// Makes it, or makes it larger, if need be and as far as there is room.
    ///
    /// @param presentBytes length of the present generation
    void keep(int presentBytes) {
        int wanted = wantedBytes(presentBytes);
        int held = heldBytes;
        if (held < wanted && !make(wanted) && held > 0) {
            make(held);
        }
    }

    /// A power of two, so that it seldom changes; twice the file and as much again to grow.
    private static int wantedBytes(int presentBytes) {
        return Math.max(LEAST_BYTES, Integer.highestOneBit(Math.max(1, presentBytes)) << 3);
    }

    private boolean make(int bytes) {
        heldBytes = 0;
        try {
            if (!Files.exists(file) || Files.size(file) != bytes) {
                files.occupy(file, bytes);
                files.sync(file);
                files.syncDirectory(directory);
            }
            heldBytes = bytes;
            return true;
        } catch (IOException _) {
            giveUp();
            return false;
        }
    }

    /// Gives the room to who needs it now.
    ///
    /// @return false if there was none
    boolean giveUp() {
        heldBytes = 0;
        try {
            if (!Files.exists(file)) {
                return false;
            }
            files.delete(file);
            files.syncDirectory(directory); // a journal gives freed blocks away when it is written
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
