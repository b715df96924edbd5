package io.cowherd.mapping.device;

import io.cowherd.mapping.device.DeviceOperation.Kind;
import java.util.ArrayList;
import java.util.List;

/// Records every request that the inner device has served, in the order in which they began.
///
/// **Threading.** *Thread-safe*: one monitor around the list.
public final class CountingDevice extends WrappedDevice {
    private final List<DeviceOperation> operations = new ArrayList<>();

    /// @param inner serves the requests
    public CountingDevice(BlockDevice inner) {
        super(inner);
    }

    @Override
    protected void before(DeviceOperation operation) {
        synchronized (operations) {
            operations.add(operation);
        }
    }

    /// What has been asked since the last [#clear()].
    public List<DeviceOperation> operations() {
        synchronized (operations) {
            return List.copyOf(operations);
        }
    }

    /// How many requests of that kind there were since the last [#clear()].
    public int count(Kind kind) {
        synchronized (operations) {
            return (int) operations.stream().filter(operation -> operation.is(kind)).count();
        }
    }

    /// Forgets what has been recorded.
    public void clear() {
        synchronized (operations) {
            operations.clear();
        }
    }
}
