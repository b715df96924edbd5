package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.cowherd.config.LvmSize;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd extend`.
@Command(
        name = "extend",
        mixinStandardHelpOptions = true,
        description = "Grows the COW store of a snapshot, while it is in use.")
final class ExtendCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "GROUP/SNAPSHOT", converter = VolumePath.Converter.class)
    private VolumePath name = new VolumePath("", "");

    @Option(
            names = {"-L", "--size"},
            paramLabel = "[+]SIZE",
            required = true,
            converter = SizeConverters.NewSize.class,
            description =
                    "its new size, or with + what is added; rounded up to extents and cut to what can be useful")
    private LvmSize size = new LvmSize(0, false);

    @Override
    public Integer call() throws CommandFailedException {
        String text = (size.relative() ? "+" : "") + size.bytes() + "b";
        JsonNode volume = api.client().post(name.url() + ":extend", Map.of("lv_size", text));
        NewVolume.printChanged(
                output, volume, "extended to " + LvmSize.format(volume.path("lv_size").asLong()));
        return 0;
    }
}
