package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.KIB;
import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Another process owns a family, and is killed: the family is ours, with everything that it has acknowledged.
@Timeout(120)
class TakeoverProcessTest {
    private static final int PIECE = 64 << 10;
    private static final int LEAST = 40;

    /// What the other process runs: makes a family, then writes piece after piece and says which, until it is killed.
    static final class Owner {
        private Owner() {}

        public static void main(String[] arguments) throws Exception {
            var node = new SharedNode(Path.of(arguments[0]), "owner");
            Volume base = node.create("vg/base", 16 * MIB);
            PoolFixture.fill(base, 0, 16 * MIB, 1);
            node.snapshot("vg/base", "snap");
            say("family " + base.uuid());
            Reservations present = Reservations.NONE;
            for (int i = 0; ; i = (i + 1) % 256) {
                long at = (long) i * PIECE;
                base.device().write(at, PoolFixture.pattern(at, PIECE, 2), WriteMode.DURABLE);
                var next = reservations(i + 1);
                base.reservations().replace(present, next);
                present = next;
                say("wrote " + i);
            }
        }

        /// The test reads what is said here: standard output belongs to nobody in the core.
        private static void say(String what) {
            System.err.println(what);
        }
    }

    private static Reservations reservations(int generation) {
        var host = new NexusName("iqn.host,i,0x0000a1b2c3d4", 1);
        return new Reservations(
                generation, true, List.of(new Registration(host, generation)), null);
    }

    @TempDir private Path parent;

    @Test
    void aKilledOwnerLeavesAllThatItHasAcknowledged() throws Exception {
        Path data = parent.resolve("data");
        try (var node = new SharedNode(data, "heir")) {
            Process owner = start(data);
            UUID family;
            int last = -1;
            try (var said =
                    new BufferedReader(
                            new InputStreamReader(
                                    owner.getErrorStream(), StandardCharsets.UTF_8))) {
                family = UUID.fromString(said.readLine().substring("family ".length()));
                while (last < LEAST) {
                    last = wrote(said.readLine());
                }
                var refused =
                        assertThrows(FamilyInUseException.class, () -> node.pool.lock(family));
                assertEquals("node owner, process " + owner.pid(), refused.holder());
                assertTrue(owner.toHandle().destroyForcibly()); // keeps what it has said
                owner.waitFor();
                String line = said.readLine();
                while (line != null && line.startsWith("wrote ")) {
                    last = wrote(line);
                    line = said.readLine();
                }
            } finally {
                owner.destroyForcibly().waitFor();
            }
            assertEquals(new FamilyEpoch(1, "owner"), node.pool.readEpoch(family));
            assertEquals(new FamilyEpoch(2, "heir"), node.take(family));
            assertHolds(node.get("vg/base"), 0, (last + 1L) * PIECE, 2);
            assertHolds(node.get("vg/snap"), 0, 16 * MIB, 1);
            int generation = node.get("vg/base").reservations().present().generation();
            assertTrue(
                    generation == last + 1 || generation == last + 2, "generation " + generation);
            PoolFixture.fill(node.get("vg/base"), 0, 64 * KIB, 3);
        }
    }

    private static int wrote(String line) {
        assertTrue(line.startsWith("wrote "), line);
        return Integer.parseInt(line.substring("wrote ".length()));
    }

    private static Process start(Path data) throws Exception {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        data.toString())
                .start();
    }
}
