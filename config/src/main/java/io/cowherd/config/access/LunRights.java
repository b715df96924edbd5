package io.cowherd.config.access;

/// What a host may do at a target.
///
/// @param luns the LUNs that it sees; the others are absent to it
/// @param access whether it may write to them
public record LunRights(LunSet luns, Access access) {
    /// Everything.
    public static final LunRights ALL = new LunRights(LunSet.ALL, Access.READ_WRITE);

    /// May a host write?
    public enum Access {
        /// As far as the volume itself may be written.
        READ_WRITE,
        /// No: WRITE PROTECTED, 7/27/00.
        READ_ONLY
    }

    /// True if the host may not write.
    public boolean isReadOnly() {
        return access == Access.READ_ONLY;
    }
}
