package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FaultingDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Opens real files behind devices that fail by rule: one rule for all COW stores, another for all origins.
///
/// **Threading.** *Confined to the test's thread*; the devices are thread-safe.
final class FaultingOpener implements DeviceOpener {
    private final List<FaultingDevice> cows = new ArrayList<>();
    private Predicate<DeviceOperation> cowRule = _ -> false;

    @Override
    public Opened open(Path path) throws IOException {
        Opened opened = DeviceOpener.FILES.open(path);
        var device = new FaultingDevice(opened.device());
        if (path.toString().contains(".cow")) {
            device.failWhen(cowRule);
            cows.add(device);
        }
        return new Opened(opened.file(), device);
    }

    /// From now on, requests to COW stores that `rule` accepts fail.
    void failCows(Predicate<DeviceOperation> rule) {
        cowRule = rule;
        cows.forEach(device -> device.failWhen(rule));
    }
}
