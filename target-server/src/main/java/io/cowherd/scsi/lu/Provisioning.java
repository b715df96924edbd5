package io.cowherd.scsi.lu;

import java.io.IOException;

/// What a logical unit's blocks take their room from. Asked by LOG SENSE.
///
/// **Threading.** *Thread-safe*; may block.
@FunctionalInterface
public interface Provisioning {
    /// Says nothing, for devices of which nothing is known.
    Provisioning UNKNOWN = () -> new Room(Room.UNKNOWN, Room.UNKNOWN, Scope.DEDICATED);

    /// Looks.
    Room room() throws IOException;

    /// Whose room it is.
    enum Scope {
        /// This logical unit's alone.
        DEDICATED,
        /// Others take from it as well.
        SHARED
    }

    /// How much there is.
    ///
    /// @param usedBytes taken by this logical unit, or [#UNKNOWN]
    /// @param availableBytes what it can still take, or [#UNKNOWN]
    /// @param scope of what is available
    record Room(long usedBytes, long availableBytes, Scope scope) {
        /// Nobody can say.
        public static final long UNKNOWN = -1;
    }
}
