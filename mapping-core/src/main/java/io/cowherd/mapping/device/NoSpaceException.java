package io.cowherd.mapping.device;

import java.io.IOException;

/// The file system (or the user's quota) that holds a device is full. Space may come back: the same request can be
/// tried again. The device itself is not full; that is what its size says.
public final class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param message names the file, the range and what to do
    /// @param cause what the system said
    public NoSpaceException(String message, Throwable cause) {
        super(message, cause);
    }
}
