package io.cowherd.scsi.copy;

import io.cowherd.scsi.Host;
import io.cowherd.scsi.lu.LogicalUnit;
import org.jspecify.annotations.Nullable;

/// What a host may copy from and to at all targets of this server: a nexus asks here for what its own target does not have.
///
/// **Threading.** *Thread-safe*; must not block.
public interface HostReach {
    /// The logical unit of that name, if the host may reach it.
    ///
    /// @param naaHead first eight bytes of the NAA identifier in VPD page 83
    /// @param naaTail its last eight bytes
    /// @return null if there is none, or none for this host: it must not learn which
    @Nullable LogicalUnit find(Host host, long naaHead, long naaTail);

    /// True if a reservation that somebody else holds forbids this use of a logical unit, or the host may not use it so.
    default boolean isReserved(Host host, LogicalUnit unit, CopyReach.Use use) {
        return false;
    }
}
