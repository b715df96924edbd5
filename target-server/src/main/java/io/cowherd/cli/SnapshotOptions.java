package io.cowherd.cli;

import io.cowherd.config.LvmSize;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What `snapshot` and `fork` take alike.
final class SnapshotOptions {
    @Option(
            names = {"-c", "--chunk-size"},
            paramLabel = "SIZE",
            converter = SizeConverters.ChunkSize.class,
            description = "a power of two, 4k to 512k (default: 4k)")
    private @Nullable LvmSize chunkSize;

    @Option(names = "--read-only", description = "hosts may not write to it")
    private boolean readOnly;

    /// The request for a snapshot of that name, to which the command adds what is its own.
    Map<String, Object> body(String name) {
        var body = new HashMap<String, Object>();
        body.put("lv_name", name);
        body.put("read_only", readOnly);
        if (chunkSize != null) {
            body.put("chunk_size", chunkSize.bytes());
        }
        return body;
    }
}
