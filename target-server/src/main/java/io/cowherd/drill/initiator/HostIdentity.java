package io.cowherd.drill.initiator;

import org.jspecify.annotations.Nullable;

/// Who logs in.
///
/// **Threading.** *Immutable.*
///
/// @param name the initiator's iSCSI name
/// @param isid session identifier, 48 bits. It stays the same whatever the path, so that a target knows who comes back, and lets
///     nobody in before what he left running has ended
/// @param account what is proved to targets that ask for CHAP; null if nothing can be
public record HostIdentity(String name, long isid, @Nullable Account account) {
    /// The name and secret of one-way CHAP.
    ///
    /// @param user CHAP_N
    /// @param secret as the target knows it
    public record Account(String user, String secret) {
        @Override
        public String toString() {
            return user; // never the secret
        }
    }

    /// Type *random* of an ISID (RFC 7143 11.12.5): the upper two bits are 10.
    private static final long RANDOM_TYPE = 0x8000_0000_0000L;

    private static final int QUALIFIER_BITS = 16;
    private static final int RANDOM_MASK = 0xFF_FFFF;
    private static final int QUALIFIER_MASK = 0xFFFF;

    /// One of several sessions of a host.
    ///
    /// @param random 24 bits of it are used: what tells this run of the host from others of the same name
    /// @param qualifier 0 to 65535, the session's
    public static HostIdentity of(
            String name, int random, int qualifier, @Nullable Account account) {
        long isid =
                RANDOM_TYPE
                        | ((long) (random & RANDOM_MASK) << QUALIFIER_BITS)
                        | (qualifier & QUALIFIER_MASK);
        return new HostIdentity(name, isid, account);
    }
}
