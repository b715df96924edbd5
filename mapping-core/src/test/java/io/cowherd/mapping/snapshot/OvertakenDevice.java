package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.WrappedDevice;
import java.io.IOException;

/// Lets something happen between the moment in which a one-sector read is asked for and the one in which it is served.
final class OvertakenDevice extends WrappedDevice {
    private Step step = () -> {};

    /// What happens, once.
    interface Step {
        void run() throws IOException;
    }

    OvertakenDevice(BlockDevice inner) {
        super(inner);
    }

    void overtake(Step next) {
        step = next;
    }

    @Override
    protected void before(DeviceOperation operation) throws IOException {
        if (operation.is(Kind.READ) && operation.lengthBytes() == SECTOR_BYTES) {
            var now = step;
            step = () -> {};
            now.run();
        }
    }
}
