package io.cowherd.scsi;

import org.jspecify.annotations.Nullable;

/// Who is behind the nexuses of one initiator at several targets.
///
/// **Threading.** *Immutable.*
///
/// @param name iSCSI name in lower case: what it says
/// @param address where it comes from; a name alone is soon said
/// @param account what it has proved to be; null if nobody has asked for a proof
public record Host(String name, String address, @Nullable String account) {
    /// True if `other`, at another target, is this host beyond doubt: a name and an address are enough only where this one
    /// did not have to prove more.
    public boolean isAlso(Host other) {
        return name.equals(other.name)
                && address.equals(other.address)
                && (account == null || account.equals(other.account));
    }
}
