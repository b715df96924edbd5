package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Table lines, as typed and as printed: spec 2.1, vector 53.
class SnapshotArgumentsTest {
    private final Rig rig;

    SnapshotArgumentsTest() throws IOException {
        rig = Rig.ofSectors(1024);
    }

    private String refusal(String arguments) {
        rig.number(new MemoryDevice(1024 * SECTOR));
        return String.valueOf(
                assertThrows(
                                TableRefusedException.class,
                                () -> rig.tryConstruct(rig.snapshotType, 1024 * SECTOR, arguments))
                        .getMessage());
    }

    @Test
    void linesArePrintedAsTheKernelDoes() throws IOException {
        var cases =
                Map.of(
                        "P 16", "P 16",
                        "p 16", "P 16",
                        "po 16", "PO 16",
                        "POverflow 8", "PO 8",
                        "NO 8", "N 8",
                        "n 8", "N 8",
                        "P 8 0", "P 8",
                        "P 8 1 DISCARD_ZEROES_COW", "P 8 1 discard_zeroes_cow",
                        "P 8 2 discard_zeroes_cow discard_passdown_origin",
                                "P 8 2 discard_zeroes_cow discard_passdown_origin");
        for (var each : cases.entrySet()) {
            var cow = Rig.freshCow(1024);
            var target = rig.load(cow, each.getKey());
            assertEquals(
                    "253:0 " + rig.number(cow) + " " + each.getValue(), target.tableArguments());
            target.close();
        }
        assertEquals("253:0", rig.base.tableArguments());
        assertEquals("", rig.base.status());
    }

    @Test
    void vector53_passdownNeedsZeroing() {
        assertEquals(
                "discard_passdown_origin feature depends on discard_zeroes_cow",
                refusal("253:0 253:1 P 8 1 discard_passdown_origin"));
    }

    @Test
    void wrongLinesAreRefusedInTheKernelsWords() {
        assertEquals("requires 4 or more arguments", refusal("253:0 253:1 P"));
        assertEquals("COW device cannot be the same as origin device", refusal("253:0 253:0 P 8"));
        assertEquals("Exception store type is not P or N", refusal("253:0 253:1 X 8"));
        assertEquals(
                "Unsupported persistent store option: ersistent",
                refusal("253:0 253:1 persistent 8"));
        assertEquals("Chunk size not set", refusal("253:0 253:1 N 0"));
        assertEquals("Chunk size is not a power of 2", refusal("253:0 253:1 P 12"));
        assertEquals("Chunk size is too high", refusal("253:0 253:1 P 4194304"));
        assertEquals("Invalid chunk size: big", refusal("253:0 253:1 P big"));
        assertEquals("Invalid chunk size: -8", refusal("253:0 253:1 P -8"));
        assertEquals("Unrecognised feature requested", refusal("253:0 253:1 P 8 1 fast"));
        assertEquals("Invalid number of feature arguments", refusal("253:0 253:1 P 8 3 a b c"));
        assertEquals("Invalid number of feature arguments", refusal("253:0 253:1 P 8 1"));
        assertEquals("no device 9:9", refusal("253:0 9:9 P 8"));
    }

    @Test
    void aTargetLongerThanItsOriginIsRefused() {
        rig.number(Rig.freshCow(1024));
        assertThrows(
                TableRefusedException.class,
                () -> rig.tryConstruct(rig.snapshotType, 1025 * SECTOR, "253:0 253:1 P 8"));
        assertThrows(
                TableRefusedException.class,
                () -> rig.tryConstruct(rig.originType, 1025 * SECTOR, "253:0"));
        assertThrows(
                TableRefusedException.class,
                () -> rig.tryConstruct(rig.originType, 1024 * SECTOR, "253:0 253:1"));
    }
}
