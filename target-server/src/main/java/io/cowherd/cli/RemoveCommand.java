package io.cowherd.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd rm`.
@Command(
        name = "rm",
        mixinStandardHelpOptions = true,
        description = "Removes a volume and the files that Cowherd made for it. Does not ask.")
final class RemoveCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "GROUP/VOLUME", converter = VolumePath.Converter.class)
    private VolumePath name = new VolumePath("", "");

    @Option(
            names = {"-f", "--force"},
            description =
                    "even if hosts are logged in to its target: an origin's are disconnected, of a snapshot only the LUN"
                            + " goes, and their sessions go on")
    private boolean force;

    @Option(names = "--with-snapshots", description = "an origin's snapshots as well")
    private boolean withSnapshots;

    @Override
    public Integer call() throws CommandFailedException {
        List<String> query = new ArrayList<>();
        if (force) {
            query.add("force=true");
        }
        if (withSnapshots) {
            query.add("withSnapshots=true");
        }
        String suffix = query.isEmpty() ? "" : "?" + String.join("&", query);
        api.client().delete(name.url() + suffix);
        output.print(
                JsonNodeFactory.instance.objectNode().put("removed", name.toString()),
                out -> out.println(output.quiet() ? name.toString() : name + " removed"));
        return 0;
    }
}
