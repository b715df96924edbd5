package io.cowherd.cli;

import io.cowherd.config.LvmSize;
import java.util.HashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd fork`.
@Command(
        name = "fork",
        mixinStandardHelpOptions = true,
        description = "Forks an origin: a snapshot sized so that it can never overflow.")
final class ForkCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "GROUP/ORIGIN", converter = VolumePath.Converter.class)
    private VolumePath origin = new VolumePath("", "");

    @Parameters(index = "1", paramLabel = "NAME", description = "name of the fork")
    private String name = "";

    @Option(
            names = {"-c", "--chunk-size"},
            paramLabel = "SIZE",
            converter = SizeConverters.ChunkSize.class,
            description = "a power of two, 4k to 512k (default: 4k)")
    private @Nullable LvmSize chunkSize;

    @Option(names = "--read-only", description = "hosts may not write to it")
    private boolean readOnly;

    @Override
    public Integer call() throws CommandFailedException {
        var body = new HashMap<String, Object>();
        body.put("lv_name", name);
        body.put("read_only", readOnly);
        if (chunkSize != null) {
            body.put("chunk_size", chunkSize.bytes());
        }
        NewVolume.print(output, api.client().post(origin.url() + ":fork", body), "created");
        return 0;
    }
}
