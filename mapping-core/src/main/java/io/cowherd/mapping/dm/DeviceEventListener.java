package io.cowherd.mapping.dm;

/// Hears of dm events: a snapshot has become invalid.
@FunctionalInterface
public interface DeviceEventListener {
    /// Called on the thread that raised the event, perhaps with locks held: must neither block nor call the device or
    /// the mapper, only take a note for a thread of its own.
    ///
    /// @param device whose event it is
    /// @param eventNumber the device's event counter, which is now this; later events may be heard first
    void deviceEvent(MappedDevice device, long eventNumber);
}
