package io.cowherd.mapping.dm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Suspend, resume and everything around them. Who waits is found out by asking, never by sleeping.
@Timeout(60)
final class MappedDeviceTest {
    private final RecordingTarget.Type recording = new RecordingTarget.Type();
    private final DeviceMapper mapper = new DeviceMapper(List.of(recording));
    private final GatedDevice gated = new GatedDevice(new MemoryDevice(1 << 20, (byte) 'g'));
    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws IOException {
        mapper.close();
        pool.close();
    }

    private MappedDevice device(String... lines) throws Exception {
        var device = mapper.create("volumeGroup-base", "");
        device.load(List.of(lines));
        device.resume();
        recording.take();
        return device;
    }

    private static byte firstByte(MappedDevice device) throws IOException {
        var buffer = ByteBuffer.allocateDirect(512);
        device.read(0, buffer);
        return buffer.get(0);
    }

    /// Starts a request on a thread of its own; returns when that thread waits for the device.
    private Future<Byte> waitingRead(MappedDevice device) throws InterruptedException {
        var handOver = new SynchronousQueue<Thread>();
        var read =
                pool.submit(
                        () -> {
                            handOver.put(Thread.currentThread());
                            return firstByte(device);
                        });
        var thread = handOver.take();
        awaitWaiting(thread);
        return read;
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING
                && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aTableWaitsForItsResume() throws Exception {
        var device = device("0 8 recording a");
        device.load(List.of("0 16 recording b"));
        assertEquals('a', firstByte(device));
        assertEquals(8 * 512, device.sizeBytes());
        device.resume();
        assertEquals('b', firstByte(device));
        assertEquals(16 * 512, device.sizeBytes());
        assertEquals(List.of(""), device.inactiveTable());
    }

    @Test
    void targetsLiveTheirLifeInOrder() throws Exception {
        var device = device("0 8 recording a");
        device.load(List.of("0 8 recording b"));
        device.resume();
        assertEquals(
                List.of("a presuspend", "a postsuspend", "b preresume", "b resume", "a close"),
                recording.take());
        device.suspend();
        device.suspend();
        assertEquals(List.of("b presuspend", "b postsuspend"), recording.take());
        device.load(List.of("0 8 recording c"));
        device.load(List.of("0 8 recording d"));
        assertEquals(List.of("c close"), recording.take());
        device.clear();
        device.clear();
        assertEquals(List.of("d close"), recording.take());
        device.resume();
        device.resume();
        assertEquals(List.of("b preresume", "b resume"), recording.take());
        mapper.remove("volumeGroup-base");
        assertEquals(List.of("b presuspend", "b postsuspend", "b close"), recording.take());
        device.close();
        assertEquals(List.of(), recording.take());
    }

    @Test
    void aRefusedResumeLeavesTheOldTableInForce() throws Exception {
        var device = device("0 8 recording a");
        device.load(List.of("0 8 recording b", "8 8 recording c refuse"));
        for (int i = 0; i < 2; i++) {
            var refusal = assertThrows(IOException.class, device::resume);
            assertEquals(
                    "volumeGroup-base keeps its old table: Unable to perform snapshot handover until source"
                            + " is suspended.",
                    refusal.getMessage());
            assertEquals(
                    List.of(
                            "a presuspend",
                            "a postsuspend",
                            "b preresume",
                            "c preresume",
                            "a preresume",
                            "a resume"),
                    recording.take());
            assertEquals('a', firstByte(device));
            assertFalse(device.info().isSuspended());
            assertTrue(device.info().hasInactiveTable());
        }
        device.suspend();
        assertThrows(IOException.class, device::resume);
        assertTrue(device.info().isSuspended());
        device.clear();
        device.resume();
        assertEquals('a', firstByte(device));
    }

    @Test
    void anOldTableThatCannotBeClosedIsReportedAfterTheSwap() throws Exception {
        var device = device("0 8 recording a unclosable");
        device.load(List.of("0 8 recording b"));
        var fault = assertThrows(IOException.class, device::resume);
        assertTrue(fault.toString().contains("has its new table"), fault.toString());
        assertEquals('b', firstByte(device));
    }

    @Test
    void requestsWaitForAResumeAndNeverFail() throws Exception {
        var device = device("0 8 recording a");
        device.suspend();
        var waiting = waitingRead(device);
        var buffer = ByteBuffer.allocateDirect(512);
        assertFalse(device.tryRead(0, buffer));
        assertFalse(device.tryWrite(0, buffer));
        assertEquals(0, buffer.position());
        device.load(List.of("0 8 recording b"));
        assertFalse(waiting.isDone());
        device.resume();
        assertEquals((byte) 'b', waiting.get());
        assertTrue(device.tryRead(0, buffer));
        assertEquals('b', buffer.get(0));
    }

    @Test
    void suspendWaitsForRequestsInFlight() throws Exception {
        mapper.attach(gated);
        var device = device("0 8 linear 7:0 0");
        var hold = gated.holdBefore(operation -> operation.is(DeviceOperation.Kind.READ));
        var inFlight = pool.submit(() -> firstByte(device));
        hold.awaitArrival();
        var suspend = pool.submit(() -> suspend(device));
        var source = ByteBuffer.allocateDirect(512);
        while (device.tryWrite(0, source.clear())) {
            Thread.onSpinWait(); // until the gate is shut
        }
        var later = waitingRead(device);
        assertFalse(suspend.isDone());
        assertFalse(device.info().isSuspended());
        hold.open();
        suspend.get();
        inFlight.get(); // has left the device; its thread may be on the way out
        assertTrue(device.info().isSuspended());
        assertFalse(later.isDone());
        device.resume();
        later.get();
    }

    private static Void suspend(MappedDevice device) throws IOException {
        device.suspend();
        return null;
    }

    /// A hung disk must not take the healthy part of a device with it for good.
    @Test
    void aSuspensionThatTakesTooLongIsGivenUp() throws Exception {
        mapper.attach(gated);
        var device = device("0 8 linear 7:0 0", "8 8 recording a");
        var hold = gated.holdBefore(operation -> operation.is(DeviceOperation.Kind.READ));
        var inFlight = pool.submit(() -> firstByte(device));
        hold.awaitArrival();
        var fault = assertThrows(IOException.class, () -> device.suspend(Duration.ofMillis(1)));
        assertTrue(fault.toString().contains("1 requests still in flight"), fault.toString());
        assertEquals(List.of("a presuspend", "a presuspendUndo"), recording.take());
        assertFalse(device.info().isSuspended());
        device.read(8 * 512, ByteBuffer.allocateDirect(512));
        hold.open();
        inFlight.get();
        device.suspend(Duration.ZERO);
        assertEquals(List.of("a presuspend", "a postsuspend"), recording.take());
    }

    @Test
    void anInterruptedSuspensionIsGivenUp() throws Exception {
        mapper.attach(gated);
        var device = device("0 8 linear 7:0 0");
        var hold = gated.holdBefore(operation -> operation.is(DeviceOperation.Kind.READ));
        var inFlight = pool.submit(() -> firstByte(device));
        hold.awaitArrival();
        var handOver = new SynchronousQueue<Thread>();
        var suspend =
                pool.submit(
                        () -> {
                            handOver.put(Thread.currentThread());
                            return suspend(device);
                        });
        var thread = handOver.take();
        awaitWaiting(thread);
        thread.interrupt();
        var fault = assertThrows(ExecutionException.class, suspend::get);
        assertInstanceOf(InterruptedIOException.class, fault.getCause());
        device.write(0, ByteBuffer.allocateDirect(512), WriteMode.CACHED);
        hold.open();
        inFlight.get();
    }

    @Test
    void removalEndsTheWaitOfRequests() throws Exception {
        var device = device("0 8 recording a");
        device.suspend();
        var waiting = waitingRead(device);
        mapper.remove("volumeGroup-base");
        var fault = assertThrows(ExecutionException.class, waiting::get);
        assertEquals(
                "device volumeGroup-base has been removed",
                assertInstanceOf(DeviceRemovedException.class, fault.getCause()).getMessage());
        assertThrows(IOException.class, () -> firstByte(device));
        assertThrows(IOException.class, device::flush);
        assertFalse(device.tryRead(0, ByteBuffer.allocateDirect(512)));
        assertThrows(IOException.class, device::suspend);
        assertThrows(IOException.class, device::resume);
        assertThrows(IOException.class, () -> device.load(List.of("0 8 zero")));
    }

    @Test
    void aReadThatWouldWaitInItsSecondHalfHasNoEffect() throws Exception {
        mapper.attach(gated);
        var device = device("0 8 recording a", "8 8 linear 7:0 0");
        var hold = gated.holdBefore(operation -> operation.is(DeviceOperation.Kind.READ));
        var buffer = ByteBuffer.allocateDirect(16 * 512).position(512);
        assertFalse(device.tryRead(512, buffer));
        assertEquals(512, buffer.position());
        assertEquals(16 * 512, buffer.limit());
        hold.open();
        assertTrue(device.tryRead(512, buffer));
        assertEquals(16 * 512, buffer.position());
    }

    @Test
    void targetsThatExistCanBeLoaded() throws Exception {
        var device = mapper.create("volumeGroup-base", "");
        var zero = new MappedTarget(0, 8, new ZeroTarget(8));
        device.loadTargets(List.of(zero, new MappedTarget(8, 8, new ErrorTarget(8))));
        device.resume();
        assertEquals(List.of("0 8 zero ", "8 8 error "), device.table());
        assertThrows(TableRefusedException.class, () -> device.loadTargets(List.of()));
        assertThrows(
                TableRefusedException.class,
                () -> device.loadTargets(List.of(zero, new MappedTarget(9, 8, new ZeroTarget(8)))));
    }

    @Test
    void aDeviceWithoutATableHasNoSectors() throws Exception {
        var device = mapper.create("new", "");
        assertEquals(0, device.sizeBytes());
        assertThrows(IllegalArgumentException.class, () -> firstByte(device));
        device.resume();
        device.suspend();
        device.resume();
        assertEquals(List.of(""), device.table());
        assertEquals(List.of(""), device.status());
    }
}
