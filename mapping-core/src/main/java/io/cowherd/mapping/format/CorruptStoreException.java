package io.cowherd.mapping.format;

import java.io.IOException;

/// A COW store whose content cannot be trusted. Nothing has been changed on it.
public final class CorruptStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param where the device and the place on it
    /// @param found what is there
    /// @param expected what should be there
    public CorruptStoreException(String where, String found, String expected) {
        super(
                "Invalid or corrupt snapshot: "
                        + where
                        + ": found "
                        + found
                        + ", expected "
                        + expected);
    }
}
