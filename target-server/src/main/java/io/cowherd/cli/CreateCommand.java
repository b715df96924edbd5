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

/// `cowherd create`.
@Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Makes an origin: LUN 0 of a target of its own.")
final class CreateCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "GROUP/VOLUME", converter = VolumePath.Converter.class)
    private VolumePath name = new VolumePath("", "");

    @ArgGroup(multiplicity = "1")
    private Storage storage = new Storage();

    @Option(
            names = "--block-size",
            paramLabel = "SIZE",
            converter = SizeConverters.BlockSize.class,
            description =
                    "logical block size that hosts see, 512 or 4096; if not given, the device's, or 512 for a new"
                            + " file. Windows takes both, ESXi only 512")
    private @Nullable LvmSize blockSize;

    @Option(
            names = "--physical-block-size",
            paramLabel = "SIZE",
            converter = SizeConverters.BlockSize.class,
            description =
                    "physical block size that hosts are told, 512 or 4096: with 4096 over blocks of 512 (512e) they"
                            + " align what they write; if not given, the logical one")
    private @Nullable LvmSize physicalBlockSize;

    static final class Storage {
        @Option(
                names = {"-L", "--size"},
                paramLabel = "SIZE",
                converter = SizeConverters.Size.class,
                description = "its size, rounded up to extents")
        private @Nullable LvmSize size;

        @Option(
                names = "--device",
                paramLabel = "PATH",
                description =
                        "an existing file or block device of the server to be the origin, in place; its content is"
                                + " kept")
        private @Nullable Path device;
    }

    @Override
    public Integer call() throws CommandFailedException {
        var body = new HashMap<String, Object>();
        body.put("vg_name", name.group());
        body.put("lv_name", name.volume());
        LvmSize size = storage.size;
        if (size != null) {
            body.put("lv_size", size.bytes());
        }
        Path device = storage.device;
        if (device != null) {
            body.put("device", device.toAbsolutePath().normalize().toString());
        }
        if (blockSize != null) {
            body.put("block_size", blockSize.bytes());
        }
        if (physicalBlockSize != null) {
            body.put("physical_block_size", physicalBlockSize.bytes());
        }
        NewVolume.print(output, api.client().post("/v1/volumes", body), "created");
        return 0;
    }
}
