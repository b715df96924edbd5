package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A target in memory that writes down the calls of its life: `recording <name> [refuse | unclosable]`.
///
/// **Threading.** *Thread-safe*: the log is a concurrent list.
final class RecordingTarget extends ForwardingTarget {
    private final String name;
    private final String manner;
    private final List<String> log;
    private Runnable raise = () -> {};

    private RecordingTarget(String name, String manner, List<String> log, long sizeBytes) {
        this.name = name;
        this.manner = manner;
        this.log = log;
        super(new MemoryDevice(sizeBytes, (byte) name.charAt(0)), 0, sizeBytes);
    }

    /// Constructs recording targets, and keeps their log.
    static final class Type implements TargetType {
        final List<String> log = new CopyOnWriteArrayList<>();
        final List<RecordingTarget> targets = new CopyOnWriteArrayList<>();

        @Override
        public String name() {
            return "recording";
        }

        @Override
        public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices) {
            var manner = arguments.size() > 1 ? arguments.get(1) : "";
            long size = lengthSectors << BlockDevice.SECTOR_SHIFT;
            var target = new RecordingTarget(arguments.getFirst(), manner, log, size);
            targets.add(target);
            return target;
        }

        /// What has been written down since the last call.
        List<String> take() {
            var taken = List.copyOf(log);
            log.clear();
            return taken;
        }
    }

    void raise() {
        raise.run();
    }

    @Override
    public String type() {
        return "recording";
    }

    @Override
    public String tableArguments() {
        return name;
    }

    @Override
    public String status() {
        return name + " is well";
    }

    @Override
    public void raiseEventsWith(Runnable raise) {
        this.raise = raise;
    }

    @Override
    public void preresume() throws IOException {
        log.add(name + " preresume");
        if (manner.equals("refuse")) {
            throw new IOException("Unable to perform snapshot handover until source is suspended.");
        }
    }

    @Override
    public void resume() {
        log.add(name + " resume");
    }

    @Override
    public void presuspend() {
        log.add(name + " presuspend");
    }

    @Override
    public void presuspendUndo() {
        log.add(name + " presuspendUndo");
    }

    @Override
    public void postsuspend() {
        log.add(name + " postsuspend");
    }

    @Override
    public void close() throws IOException {
        log.add(name + " close");
        if (manner.equals("unclosable")) {
            throw new IOException("cannot close " + name);
        }
    }
}
