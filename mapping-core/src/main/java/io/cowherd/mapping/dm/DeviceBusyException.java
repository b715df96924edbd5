package io.cowherd.mapping.dm;

import java.io.IOException;

/// A device that cannot be removed or detached, because somebody uses it. Nothing has changed.
public final class DeviceBusyException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param message names the device and its users
    public DeviceBusyException(String message) {
        super(message);
    }
}
