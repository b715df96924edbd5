package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// One origin write, several snapshots: they commit beside each other, each with an outcome of its own.
class SideBySideTest {
    private static final int SECTORS = 1024;

    private final CountingDevice origin =
            new CountingDevice(MemoryDevice.numbered(SECTORS * SECTOR, 0));
    private final Rig rig;
    private final List<Target> snaps = new ArrayList<>();

    SideBySideTest() throws IOException {
        rig = new Rig(origin);
    }

    private FutureTask<Void> writeElsewhere(long sector) {
        var write =
                new FutureTask<Void>(
                        () -> {
                            Rig.write(rig.base, sector, Rig.content(8, 1));
                            return null;
                        });
        Thread.ofPlatform().daemon().start(write);
        return write;
    }

    /// Goal: a lone write waits for the slowest flush, not for one after the other; the old content is read once. Method: every
    /// store holds its flush until all have come to theirs.
    @Test
    void theStoresOfALoneWriteFlushAtTheSameTime() throws Exception {
        var gates = new ArrayList<GatedDevice.Gate>();
        for (int i = 0; i < 5; i++) {
            var cow = new GatedDevice(Rig.freshCow(4096));
            snaps.add(rig.snapshot(cow, "P 8"));
            gates.add(cow.holdBefore(each -> each.is(Kind.FLUSH)));
        }
        var write = writeElsewhere(80);
        for (var gate : gates) {
            gate.awaitArrival();
        }
        assertFalse(write.isDone());
        gates.forEach(GatedDevice.Gate::open);
        write.get(30, TimeUnit.SECONDS);
        assertEquals(1, origin.count(Kind.READ));
        for (var snap : snaps) {
            assertArrayEquals(Rig.numbered(80, 8), Rig.read(snap, 80, 8));
            ((SnapshotTarget) snap).audit();
        }
    }

    /// Goal: what fails in one store, at any of its steps, costs that snapshot and no other, and not the write.
    @Test
    void oneThatFailsFailsAlone() throws Exception {
        var faulty = new ArrayList<FaultingDevice>();
        for (int i = 0; i < 5; i++) {
            faulty.add(new FaultingDevice(Rig.freshCow(4096)));
            snaps.add(rig.snapshot(faulty.get(i), "P 8"));
        }
        faulty.get(1).failWhen(each -> each.is(Kind.FLUSH));
        faulty.get(3).failWhen(each -> each.is(Kind.WRITE) && each.offsetBytes() >= 8192);
        Rig.write(rig.base, 80, Rig.content(8, 1));
        assertArrayEquals(Rig.content(8, 1), Rig.read(rig.base, 80, 8));
        for (int i = 0; i < 5; i++) {
            boolean isLost = i == 1 || i == 3;
            assertEquals(isLost ? "Invalid" : "24/4096 16", snaps.get(i).status(), "" + i);
            if (!isLost) {
                assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(snaps.get(i)));
            }
        }
        assertEquals(2, rig.said.size());
    }

    /// Goal: a hundred snapshots do not take a hundred threads, and are all served.
    @Test
    void noMoreStoresCommitAtOnceThanThereMayBe() throws Exception {
        var flushing = new AtomicInteger();
        var most = new AtomicInteger();
        for (int i = 0; i < 3 * CommitHelpers.MAX_THREADS; i++) {
            snaps.add(
                    rig.snapshot(
                            new WrappedDevice(Rig.freshCow(64)) {
                                @Override
                                protected void before(DeviceOperation operation) {
                                    if (operation.is(Kind.FLUSH)) {
                                        most.accumulateAndGet(
                                                flushing.incrementAndGet(), Math::max);
                                    }
                                }

                                @Override
                                protected void after(DeviceOperation operation) {
                                    if (operation.is(Kind.FLUSH)) {
                                        flushing.decrementAndGet();
                                    }
                                }
                            },
                            "P 8"));
        }
        most.set(0);
        writeElsewhere(80).get(30, TimeUnit.SECONDS);
        assertTrue(most.get() <= CommitHelpers.MAX_THREADS + 1, most + " at once");
        for (var snap : snaps) {
            assertArrayEquals(Rig.numbered(80, 8), Rig.read(snap, 80, 8));
        }
    }

    /// Goal: many writers need no helpers, and have none.
    @Test
    void helpersMakeOneThreadAStore() {
        var helpers = new CommitHelpers();
        assertEquals(7, helpers.enter(8));
        assertEquals(3, helpers.enter(8));
        assertEquals(1, helpers.enter(8));
        assertEquals(24, helpers.enter(100));
        assertEquals(0, helpers.enter(2));
        for (int i = 0; i < 5; i++) {
            helpers.leave();
        }
        assertEquals(1, helpers.enter(2));
    }
}
