package io.cowherd.mapping.device;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// Holds chosen requests until the test releases them, so that a race happens the same way each time.
///
/// A `try…` twin that would be held answers false, as a device does that would have to wait.
///
/// **Threading.** *Thread-safe*.
public final class GatedDevice extends WrappedDevice {
    /// A test that waits longer than this has hung.
    private static final long HANG_SECONDS = 30;

    private final List<Gate> gates = new CopyOnWriteArrayList<>();

    /// Holds nothing until a gate is shut.
    public GatedDevice(BlockDevice inner) {
        super(inner);
    }

    /// Holds requests that `chosen` accepts **before** the inner device sees them.
    public Gate holdBefore(Predicate<DeviceOperation> chosen) {
        return shut(new Gate(chosen, true));
    }

    /// Holds requests that `chosen` accepts **after** the inner device has served them, before they return.
    public Gate holdAfter(Predicate<DeviceOperation> chosen) {
        return shut(new Gate(chosen, false));
    }

    private Gate shut(Gate gate) {
        gates.add(gate);
        return gate;
    }

    @Override
    protected void before(DeviceOperation operation) {
        gates.forEach(gate -> gate.pass(operation, true));
    }

    @Override
    protected void after(DeviceOperation operation) {
        gates.forEach(gate -> gate.pass(operation, false));
    }

    @Override
    protected boolean wouldWait(DeviceOperation operation) {
        return gates.stream().anyMatch(gate -> gate.holds(operation));
    }

    /// A gate across a device; shut until [#open()].
    public static final class Gate {
        private final Predicate<DeviceOperation> chosen;
        private final boolean before;
        private final Semaphore arrivals = new Semaphore(0);
        private final CountDownLatch opened = new CountDownLatch(1);

        private Gate(Predicate<DeviceOperation> chosen, boolean before) {
            this.chosen = chosen;
            this.before = before;
        }

        /// Waits until one more request than at the last call stands at the gate.
        public void awaitArrival() throws InterruptedException {
            if (!arrivals.tryAcquire(HANG_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("no request reached the gate");
            }
        }

        /// Lets every request through, now and later.
        public void open() {
            opened.countDown();
        }

        private boolean holds(DeviceOperation operation) {
            return opened.getCount() > 0 && chosen.test(operation);
        }

        private void pass(DeviceOperation operation, boolean isBefore) {
            if (isBefore != before || !holds(operation)) {
                return;
            }
            arrivals.release();
            try {
                if (!opened.await(HANG_SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError("gate never opened for " + operation);
                }
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted at the gate: " + operation, e);
            }
        }
    }
}
