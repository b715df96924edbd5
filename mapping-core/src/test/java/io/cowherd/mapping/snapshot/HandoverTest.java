package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Reloading a snapshot's table: spec 2.11, vectors 63 and 64.
class HandoverTest {
    private final Rig rig;
    private final MemoryDevice cow = Rig.freshCow(1024);
    private final Target source;

    HandoverTest() throws IOException {
        rig = Rig.ofSectors(1024);
        source = rig.snapshot(cow, "P 8");
        Rig.write(rig.base, 8, Rig.content(8, 1));
        Rig.write(source, 16, Rig.content(8, 2));
    }

    @Test
    void vector63_theDestinationTakesEverythingOver() throws IOException {
        byte[] before = cow.get();
        var destination = rig.load(cow, "PO 64");
        assertEquals("253:0 253:1 PO 0", destination.tableArguments());
        assertArrayEquals(before, cow.get());
        Rig.suspend(source);
        Rig.resumed(destination);
        assertEquals("253:0 253:1 PO 8", destination.tableArguments());
        assertEquals("32/1024 16", destination.status());
        assertArrayEquals(Rig.numbered(0, 16), Rig.read(destination, 0, 16));
        assertArrayEquals(Rig.content(8, 2), Rig.read(destination, 16, 8));
        assertEquals("Invalid", source.status());
        assertEquals("253:0 253:1 P 0", source.tableArguments());
        assertThrows(IOException.class, () -> Rig.read(source, 0, 1));
        source.close();
        Rig.write(rig.base, 24, Rig.content(8, 3));
        assertArrayEquals(Rig.numbered(24, 8), Rig.read(destination, 24, 8));
        assertEquals("1>2 2>3 3>4", Rig.records(cow, 8));
    }

    @Test
    void vector63_theOverflowPolicyIsTheDestinations() throws IOException {
        var full = Rig.freshCow(24);
        var persistent = rig.snapshot(full, "P 8");
        var overflowing = rig.load(full, "PO 8");
        Rig.suspend(persistent);
        Rig.resumed(overflowing);
        persistent.close();
        Rig.write(overflowing, 80, Rig.content(8, 1));
        assertThrows(IOException.class, () -> Rig.write(overflowing, 88, Rig.content(8, 1)));
        assertEquals("Overflow", overflowing.status());
        var plain = rig.load(full, "P 8");
        Rig.suspend(overflowing);
        Rig.resumed(plain);
        assertEquals("Overflow", plain.status(), "the state is handed over");
    }

    @Test
    void vector64_resumeIsRefusedWhileTheSourceRuns() throws IOException {
        var destination = rig.load(cow, "P 8");
        assertThrows(IOException.class, destination::preresume);
        assertArrayEquals(Rig.content(8, 2), Rig.read(source, 16, 8));
        assertEquals("32/1024 16", source.status());
        assertThrows(
                TableRefusedException.class,
                () -> rig.tryConstruct(rig.snapshotType, 1024 * SECTOR, "253:0 253:1 P 8"));
    }

    @Test
    void aPairedSourceIsNotResumed() throws IOException {
        var destination = rig.load(cow, "P 8");
        Rig.suspend(source);
        assertThrows(IOException.class, source::preresume);
        destination.close();
        Rig.resumed(source);
        assertArrayEquals(Rig.content(8, 2), Rig.read(source, 16, 8));
    }

    @Test
    void aSourceThatGoesCancelsTheHandover() throws IOException {
        var destination = rig.load(cow, "P 8");
        Rig.suspend(source);
        source.close();
        Rig.resumed(destination);
        assertEquals("Invalid", destination.status());
        assertThrows(IOException.class, () -> Rig.read(destination, 0, 1));
        destination.close();
        assertEquals("32/1024 16", rig.snapshot(cow, "P 8").status());
    }

    @Test
    void theSnapshotIsActiveThroughoutTheReload() throws IOException {
        var destination = rig.load(cow, "P 8");
        Rig.suspend(source);
        Rig.write(rig.base, 48, Rig.content(8, 4));
        Rig.resumed(destination);
        assertArrayEquals(Rig.numbered(48, 8), Rig.read(destination, 48, 8));
    }

    @Test
    void aTransientSnapshotSurvivesAReload() throws IOException {
        var memory = Rig.freshCow(1024);
        var before = rig.snapshot(memory, "N 8");
        Rig.write(before, 0, Rig.content(8, 1));
        var after = rig.load(memory, "N 8");
        Rig.suspend(before);
        Rig.resumed(after);
        assertArrayEquals(Rig.content(8, 1), Rig.read(after, 0, 8));
    }

    @Test
    void aRefusedConstructionLeavesNothingBehind() throws IOException {
        var junk = new CountingDevice(new MemoryDevice(1024 * SECTOR, (byte) 0xAA));
        assertThrows(IOException.class, () -> rig.load(junk, "P 8"));
        assertThrows(IOException.class, () -> rig.load(junk, "P 8"), "not paired with a ghost");
        Rig.write(rig.base, 400, Rig.content(8, 1));
        assertEquals(
                List.of(),
                junk.operations().stream().filter(each -> each.lengthBytes() != 512).toList());
    }
}
