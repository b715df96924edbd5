package io.cowherd.mapping.device;

import java.io.IOException;
import java.util.function.Predicate;

/// Fails the requests that a rule chooses, without having served them.
///
/// **Threading.** *Thread-safe*: the rule is a volatile field.
public final class FaultingDevice extends WrappedDevice {
    private volatile Predicate<DeviceOperation> rule = _ -> false;
    private volatile Predicate<DeviceOperation> full = _ -> false;

    /// Fails nothing until a rule is set.
    public FaultingDevice(BlockDevice inner) {
        super(inner);
    }

    /// From now on requests that `rule` accepts fail with an [IOException]; all others are served.
    public void failWhen(Predicate<DeviceOperation> rule) {
        this.rule = rule;
    }

    /// From now on requests that `rule` accepts fail with a [NoSpaceException], whatever else may happen to others.
    public void fullWhen(Predicate<DeviceOperation> rule) {
        full = rule;
    }

    /// From now on every request fails.
    public void failAll() {
        failWhen(_ -> true);
    }

    /// Nothing fails any more.
    public void heal() {
        failWhen(_ -> false);
        fullWhen(_ -> false);
    }

    @Override
    protected void before(DeviceOperation operation) throws IOException {
        if (full.test(operation)) {
            throw new NoSpaceException(
                    "injected: no room for " + operation, new IOException("full"));
        }
        if (rule.test(operation)) {
            throw new IOException("injected fault: " + operation);
        }
    }
}
