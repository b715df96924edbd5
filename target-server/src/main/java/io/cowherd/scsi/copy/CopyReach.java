package io.cowherd.scsi.copy;

import io.cowherd.scsi.lu.LogicalUnit;
import org.jspecify.annotations.Nullable;

/// What the initiators of a target may copy from and to: the place for every rule about who may reach what.
///
/// **Threading.** *Thread-safe*; must not block.
public interface CopyReach {
    /// The logical unit of that name, in whatever target of this server it is, if the initiator may reach it.
    ///
    /// @param initiatorPort SCSI name of the initiator port that asks
    /// @param naaHead first eight bytes of the NAA identifier in VPD page 83
    /// @param naaTail its last eight bytes
    /// @return null if there is none, or none for this initiator: it must not learn which
    @Nullable LogicalUnit find(String initiatorPort, long naaHead, long naaTail);

    /// True if a reservation that somebody else holds forbids this use of a logical unit, or the initiator may not use it so.
    ///
    /// @param initiatorPort as above
    default boolean isReserved(String initiatorPort, LogicalUnit unit, Use use) {
        return false;
    }

    /// What a copy does with a logical unit.
    enum Use {
        /// It is a source.
        READ,
        /// It is a destination.
        WRITE
    }
}
