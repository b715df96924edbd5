package io.cowherd.mapping.device;

import java.io.IOException;

/// The power of all [CrashingDevice]s of one test machine: counts their operations and fails at the chosen one.
///
/// **Threading.** *Thread-safe*: one monitor, which the devices share, so that an operation is wholly before or
/// after the cut, or is the one that it hits.
public final class PowerSupply {
    private long operationsLeft;
    private long operationsDone;
    private boolean cut;

    private PowerSupply(long operationsLeft) {
        this.operationsLeft = operationsLeft;
    }

    /// Power that is cut in the midst of the `operation`th write, zeroing or flush, counted from 1.
    public static PowerSupply cutAt(long operation) {
        return new PowerSupply(operation);
    }

    /// Power that lasts until [#cutNow()].
    public static PowerSupply steady() {
        return new PowerSupply(Long.MAX_VALUE);
    }

    /// Cuts the power between two operations.
    public synchronized void cutNow() {
        cut = true;
    }

    /// True once the power is gone.
    public synchronized boolean isCut() {
        return cut;
    }

    /// Operations that were completed.
    public synchronized long operationsDone() {
        return operationsDone;
    }

    /// Fails if the power is gone. Caller holds this monitor.
    void requirePower() throws IOException {
        if (cut) {
            throw new PowerCutException();
        }
    }

    /// Counts an operation. Returns false if it is the one that the cut hits. Caller holds this monitor.
    boolean draw() throws IOException {
        requirePower();
        operationsLeft--;
        if (operationsLeft == 0) {
            cut = true;
            return false;
        }
        operationsDone++;
        return true;
    }

    /// What every request gets during and after the cut.
    public static final class PowerCutException extends IOException {
        private static final long serialVersionUID = 1L;

        PowerCutException() {
            super("power cut");
        }
    }
}
