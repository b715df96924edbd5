package io.cowherd.cli;

import io.cowherd.config.LvmSize;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd snapshot`.
@Command(
        name = "snapshot",
        mixinStandardHelpOptions = true,
        description = "Takes a snapshot of an origin: the next LUN of its target.")
final class SnapshotCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();
    @Mixin private SnapshotOptions options = new SnapshotOptions();

    @Parameters(paramLabel = "GROUP/ORIGIN", converter = VolumePath.Converter.class)
    private VolumePath origin = new VolumePath("", "");

    @Option(
            names = {"-n", "--name"},
            paramLabel = "NAME",
            required = true,
            description = "name of the snapshot, in the origin's group")
    private String name = "";

    @ArgGroup(multiplicity = "1")
    private CowStore cowStore = new CowStore();

    @Option(
            names = "--store",
            paramLabel = "P|PO|N",
            description =
                    "P: persistent (default). PO: persistent, with overflow handling. N: transient, gone at restart")
    private @Nullable Store store;

    /// Kinds of COW store, by the letters of `dmsetup`.
    enum Store {
        P,
        PO,
        N
    }

    static final class CowStore {
        @Option(
                names = {"-L", "--size"},
                paramLabel = "SIZE",
                converter = SizeConverters.Size.class,
                description =
                        "size of its COW store, rounded up to extents and cut to what can be useful")
        private @Nullable LvmSize size;

        @Option(
                names = "--cow-device",
                paramLabel = "PATH",
                description =
                        "an existing file or block device of the server to be the COW store, the kernel's too; fresh"
                                + " if it starts with zeros. One that was detached by rm shows, where it holds no chunk"
                                + " of its own, what the origin has got meanwhile. That it is this origin's cannot be"
                                + " checked, only its size")
        private @Nullable Path device;
    }

    @Override
    public Integer call() throws CommandFailedException {
        var body = options.body(name);
        LvmSize size = cowStore.size;
        if (size != null) {
            body.put("lv_size", size.bytes());
        }
        Path device = cowStore.device;
        if (device != null) {
            body.put("cow_device", device.toAbsolutePath().normalize().toString());
        }
        if (store != null) {
            body.put("store", store.name());
        }
        NewVolume.print(output, api.client().post(origin.url() + "/snapshots", body), "created");
        return 0;
    }
}
