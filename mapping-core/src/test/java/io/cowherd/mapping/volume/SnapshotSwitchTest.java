package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.cowherd.mapping.dm.MappedDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** The origin rests from before its new snapshot is asked until the catalog has it: whoever waits to write finds the
/// snapshot in force. (The window is microseconds wide; no race of threads finds it.)
///
/// **Method.** The pool is looked at in the midst of the commit, from the thread that makes it.
class SnapshotSwitchTest {
    @TempDir private Path data;

    private final List<String> seen = new ArrayList<>();
    private Runnable look = () -> {};

    @Test
    void theOriginRestsUntilItsSnapshotIsInForceAndInTheCatalog() throws Exception {
        try (var fixture = new PoolFixture(data, new WatchedFiles(), DeviceOpener.FILES)) {
            var base = (MappedDevice) fixture.create("vg/base", 4 * MIB).device();
            for (String name : List.of("s1", "s2")) {
                look =
                        () ->
                                seen.add(
                                        (base.info().isSuspended() ? "rests" : "runs")
                                                + ", "
                                                + fixture.statusLine("vg-" + name));
                fixture.snapshot("vg/base", name, 0, 4096);
                look = () -> {};
                assertFalse(seen.isEmpty());
                for (String each : seen) {
                    assertEquals("rests, 0 8192 snapshot 16/16384 16", each);
                }
                assertFalse(base.info().isSuspended());
                seen.clear();
            }
        }
    }

    /// Files that are looked at before their content is written: the catalog's.
    private final class WatchedFiles extends LocalFiles {
        @Override
        public void write(Path file, byte[] content) throws IOException {
            look.run();
            super.write(file, content);
        }
    }
}
