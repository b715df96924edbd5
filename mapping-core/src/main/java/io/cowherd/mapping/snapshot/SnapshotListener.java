package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.dm.DeviceRef;
import java.io.IOException;

/// Hears what happens to snapshots, and remembers it. A snapshot is known by its COW device.
///
/// Called by whichever thread runs into it, with requests waiting: be quick; do not call back into the devices of the
/// same family, but for growing the COW device in [#grow]; and never wait for a lock that somebody may hold while he
/// suspends one of them, because suspending waits for those requests.
///
/// **Threading.** *Thread-safe*: called from any thread; for one snapshot never by two at once.
public interface SnapshotListener {
    /// Hears nothing and remembers nothing.
    SnapshotListener NONE = new SnapshotListener() {};

    /// What is known of the store on that COW device. Asked before it is read. [StorePast#LOST] if [#invalidated] was
    /// called for it in a former life.
    default StorePast past(DeviceRef cow) {
        return StorePast.UNKNOWN;
    }

    /// How a message calls that COW device, so that whoever reads it finds it.
    default String nameOf(DeviceRef cow) {
        return "COW device " + cow;
    }

    /// The snapshot is lost. Called exactly once in its life, **before** the origin write that cost it goes on: once this
    /// has returned, the snapshot must not come back valid, even if its header could not be written (spec vector 59).
    ///
    /// @param why a sentence for the log
    /// @throws IOException if it could not be remembered; harmless if the header could be written, else the origin
    ///     write fails and the next one tries again
    default void invalidated(DeviceRef cow, String why) throws IOException {}

    /// The store was full at a write to the snapshot, store `PO`: its writes are refused from now on, its reads go on.
    ///
    /// @param why a sentence for the log
    default void overflowed(DeviceRef cow, String why) {}

    /// The file system beneath the COW device is full: a write that needs room there was refused, to the snapshot or to its
    /// origin. Nothing is lost, and the write can be tried again. Not said again until one has succeeded.
    ///
    /// @param why a sentence for the log
    default void refused(DeviceRef cow, String why) {}

    /// A commit has filled the store to that much, in steps of 5 from [FillLevel#FIRST_PERCENT] on.
    default void filling(DeviceRef cow, int percent) {}

    /// The store is full; the write that needs more waits. Returns true if the COW device has just been made larger.
    default boolean grow(DeviceRef cow) {
        return false;
    }
}
