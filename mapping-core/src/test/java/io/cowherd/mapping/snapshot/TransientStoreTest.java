package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// The store of type `N`: vector 61.
class TransientStoreTest {
    @Test
    void vector61_aTransientStoreIsAllData() throws IOException {
        var rig = Rig.ofSectors(4096);
        var cow = Rig.freshCow(1024);
        var snap = rig.snapshot(cow, "N 16");
        assertEquals("0/1024 0", snap.status());
        Rig.write(rig.base, 32, Rig.content(1, 1));
        assertArrayEquals(Rig.numbered(32, 16), cow.get(0, 16 * SECTOR));
        for (int chunk = 100; chunk < 163; chunk++) {
            Rig.write(rig.base, chunk * 16L, Rig.content(1, chunk));
        }
        assertEquals("1024/1024 0", snap.status());
        assertArrayEquals(Rig.numbered(0, 4096), Rig.all(snap));
        Rig.write(rig.base, 16, Rig.content(1, 2));
        assertEquals("Invalid", snap.status());
    }

    @Test
    void aTransientSnapshotIsGoneWhenItsTargetIs() throws IOException {
        var rig = Rig.ofSectors(4096);
        var cow = Rig.freshCow(1024);
        var snap = rig.snapshot(cow, "N 16");
        Rig.write(snap, 0, Rig.content(16, 1));
        Rig.suspend(snap);
        snap.close();
        var again = rig.snapshot(cow, "N 16");
        assertEquals("0/1024 0", again.status());
        assertArrayEquals(Rig.numbered(0, 16), Rig.read(again, 0, 16));
    }
}
