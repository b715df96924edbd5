package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.WrappedDevice;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// A linear target that fails a request which finds it suspended or closed, before or after: `living <device> <start>`.
///
/// **Threading.** *Thread-safe*: atomics.
final class LivingTarget extends ForwardingTarget {
    private final AtomicBoolean isResumed;
    private final String arguments;

    private LivingTarget(LinearTarget linear, AtomicBoolean isResumed) {
        this.isResumed = isResumed;
        this.arguments = linear.tableArguments();
        super(new Watched(linear, isResumed), 0, linear.sizeBytes());
    }

    /// Constructs living targets.
    static final class Type implements TargetType {
        @Override
        public String name() {
            return "living";
        }

        @Override
        public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
                throws TableRefusedException, IOException {
            var linear =
                    (LinearTarget) LinearTarget.TYPE.construct(lengthSectors, arguments, devices);
            return new LivingTarget(linear, new AtomicBoolean());
        }
    }

    private static final class Watched extends WrappedDevice {
        private final AtomicBoolean isResumed;
        private final AtomicInteger requests = new AtomicInteger();

        private Watched(BlockDevice inner, AtomicBoolean isResumed) {
            super(inner);
            this.isResumed = isResumed;
        }

        @Override
        protected void before(DeviceOperation operation) throws IOException {
            check(operation);
            if ((requests.getAndIncrement() & 15) == 0) {
                LockSupport.parkNanos(1); // gives others the time to suspend it
            }
        }

        @Override
        protected void after(DeviceOperation operation) throws IOException {
            check(operation);
        }

        private void check(DeviceOperation operation) throws IOException {
            if (!isResumed.get()) {
                throw new IOException(operation + " in a target that is not resumed");
            }
        }
    }

    @Override
    public String type() {
        return "living";
    }

    @Override
    public String tableArguments() {
        return arguments;
    }

    @Override
    public void resume() {
        isResumed.set(true);
    }

    @Override
    public void postsuspend() {
        isResumed.set(false);
    }

    @Override
    public void close() {
        isResumed.set(false);
    }
}
