package io.cowherd.cli;

import io.cowherd.config.LvmSize;
import java.nio.file.Path;
import java.util.HashMap;
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
            names = {"-c", "--chunk-size"},
            paramLabel = "SIZE",
            converter = SizeConverters.ChunkSize.class,
            description = "a power of two, 4k to 512k (default: 4k)")
    private @Nullable LvmSize chunkSize;

    @Option(
            names = "--store",
            paramLabel = "P|PO|N",
            description =
                    "P: persistent (default). PO: persistent, with overflow handling. N: transient, gone at restart")
    private @Nullable String store;

    @Option(names = "--read-only", description = "hosts may not write to it")
    private boolean readOnly;

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
                                + " if it starts with zeros")
        private @Nullable Path device;
    }

    @Override
    public Integer call() throws CommandFailedException {
        var body = new HashMap<String, Object>();
        body.put("lv_name", name);
        LvmSize size = cowStore.size;
        if (size != null) {
            body.put("lv_size", size.bytes());
        }
        Path device = cowStore.device;
        if (device != null) {
            body.put("cow_device", device.toAbsolutePath().normalize().toString());
        }
        if (chunkSize != null) {
            body.put("chunk_size", chunkSize.bytes());
        }
        if (store != null) {
            body.put("store", store);
        }
        body.put("read_only", readOnly);
        NewVolume.print(output, api.client().post(origin.url() + "/snapshots", body), "created");
        return 0;
    }
}
