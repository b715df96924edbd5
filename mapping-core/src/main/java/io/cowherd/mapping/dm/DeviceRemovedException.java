package io.cowherd.mapping.dm;

import java.io.IOException;

/// A request on a device that has been taken away. It has had no effect.
public final class DeviceRemovedException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param name the device's last name
    DeviceRemovedException(String name) {
        super("device " + name + " has been removed");
    }
}
