package io.cowherd.mapping.format;

import java.io.IOException;

/// A COW store of a disk version that this code does not know. Nothing has been changed on it.
public final class UnsupportedStoreVersionException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param where the device
    /// @param version what its header says
    public UnsupportedStoreVersionException(String where, long version) {
        super(
                where
                        + ": unable to handle snapshot disk version "
                        + version
                        + "; this program knows version "
                        + StoreHeader.VERSION);
    }
}
