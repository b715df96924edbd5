package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.store.PendingException.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GroupCommitTest implements GroupCommit.Guard, CowStore.OldChunkReader {
    private static final int CHUNK_SECTORS = 64;
    private static final int CHUNK = CHUNK_SECTORS * 512;

    private final CountingDevice counted = new CountingDevice(new MemoryDevice(3000L * CHUNK));
    private final GatedDevice gated = new GatedDevice(counted);
    private final List<String> failures = new ArrayList<>();
    private final GroupCommit commits = commitsTo(gated);

    private GroupCommit commitsTo(BlockDevice cow) {
        try {
            var store =
                    PersistentStore.open(
                            "cow", cow, StoreExpectation.ANYTHING, CHUNK_SECTORS, 1L << 40, 512);
            counted.clear();
            return new GroupCommit(store, this, this);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void committed() {}

    @Override
    public boolean mayCommit() {
        return failures.isEmpty() || failures.equals(List.of("refused"));
    }

    @Override
    public boolean grow() {
        return false;
    }

    @Override
    public void outOfSpace(PendingException exception) {
        failures.add("out of space");
    }

    @Override
    public void refused(NoSpaceException cause) {
        failures.add("refused");
    }

    @Override
    public void failed(Throwable cause) {
        failures.add(String.valueOf(cause.getMessage()));
    }

    @Override
    public long bytesOf(long originChunk) {
        return CHUNK;
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) {
        target.position(target.limit());
    }

    private PendingException create(long chunk) {
        var fresh = new PendingException(chunk, Cause.ORIGIN_WRITE);
        assertSame(fresh, commits.joinOrCreate(fresh));
        fresh.carry(ByteBuffer.wrap(MemoryDevice.numberedSector(chunk)));
        return fresh;
    }

    private List<PendingException> create(int from, int to) {
        var created = new ArrayList<PendingException>();
        for (int chunk = from; chunk < to; chunk++) {
            created.add(create(chunk));
        }
        return created;
    }

    private FutureTask<Outcome> awaitElsewhere(PendingException exception) {
        var waiting = new FutureTask<>(() -> commits.await(exception));
        var thread = Thread.ofPlatform().daemon().start(waiting);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        return waiting;
    }

    @Test
    void whoNeedsAPendingChunkJoins() throws Exception {
        var first = create(5);
        var joined = commits.joinOrCreate(new PendingException(5, Cause.SNAPSHOT_WRITE));
        assertSame(first, joined);
        var waiting = awaitElsewhere(joined);
        commits.enqueue(List.of(first));
        assertEquals(Outcome.COMMITTED, waiting.get(30, TimeUnit.SECONDS));
        assertEquals(Outcome.COMMITTED, commits.await(first));
        assertEquals(0, commits.pendingCount());
    }

    /// Goal: the narrow window of I1. A writer that found nothing in the table is overtaken by a whole commit before it
    /// asks for the chunk.
    @Test
    void aChunkThatHasLeftMeanwhileIsWithdrawn() {
        var first = create(5);
        commits.enqueue(List.of(first));
        assertEquals(Outcome.COMMITTED, commits.await(first));
        var late = commits.joinOrCreate(new PendingException(5, Cause.ORIGIN_WRITE));
        assertNotSame(first, late);
        commits.enqueue(List.of(late));
        assertEquals(Outcome.WITHDRAWN, commits.await(late));
        assertEquals(1, counted.count(Kind.FLUSH));
    }

    /// Goal: the other half of the window. While a commit publishes, its chunk is in the map, or in the table, or both.
    @Test
    void aCommittedChunkIsPublishedBeforeItLeavesTheMap() throws Exception {
        for (int chunk = 0; chunk < 2000; chunk++) {
            var first = create(chunk);
            long late = chunk;
            var racing =
                    new FutureTask<>(
                            () -> {
                                PendingException found;
                                do {
                                    found =
                                            commits.joinOrCreate(
                                                    new PendingException(late, Cause.ORIGIN_WRITE));
                                } while (found == first);
                                return commits.await(found);
                            });
            Thread.ofPlatform().daemon().start(racing);
            commits.enqueue(List.of(first));
            commits.await(first);
            assertEquals(Outcome.WITHDRAWN, racing.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void whoJoinedAWithdrawnExceptionIsTold() throws Exception {
        var first = create(5);
        var waiting = awaitElsewhere(first);
        commits.withdraw(first);
        assertEquals(Outcome.WITHDRAWN, waiting.get(30, TimeUnit.SECONDS));
        commits.enqueue(List.of(first));
        assertEquals(0, counted.count(Kind.FLUSH));
        assertEquals(Outcome.COMMITTED, commitNow(create(5)), "the next one may try");
    }

    private Outcome commitNow(PendingException exception) {
        commits.enqueue(List.of(exception));
        return commits.await(exception);
    }

    /// Goal: batches are bounded, and a committer whose own work is done goes.
    @Test
    void aCommitterLeadsNoMoreBatchesThanItNeeds() {
        var created = create(0, 2040);
        commits.enqueue(created);
        assertEquals(Outcome.COMMITTED, commits.await(created.getFirst()));
        assertEquals(1, counted.count(Kind.FLUSH));
        assertEquals(2040 - GroupCommit.MAX_BATCH_EXCEPTIONS, commits.pendingCount());
        assertEquals(Outcome.COMMITTED, commits.await(created.getLast()));
        assertEquals(2, counted.count(Kind.FLUSH));
        assertEquals(0, commits.pendingCount());
    }

    @Test
    void whoJoinsMayCommitWhatItsCreatorOnlyQueued() throws Exception {
        var created = create(7);
        var joined = awaitElsewhere(created);
        commits.enqueue(List.of(created)); // its creator now waits for another store
        assertEquals(Outcome.COMMITTED, joined.get(30, TimeUnit.SECONDS));
    }

    @Test
    void theNextBatchGathersWhileOneIsFlushed() throws Exception {
        var gate = gated.holdBefore(each -> each.is(Kind.FLUSH));
        var first = create(0);
        commits.enqueue(List.of(first));
        var committer = new FutureTask<>(() -> commits.await(first));
        Thread.ofPlatform().daemon().start(committer);
        gate.awaitArrival();
        var others = create(1, 40);
        var waiting = new ArrayList<FutureTask<Outcome>>();
        for (var each : others) {
            commits.enqueue(List.of(each));
            waiting.add(awaitElsewhere(each));
        }
        gate.open();
        assertEquals(Outcome.COMMITTED, committer.get(30, TimeUnit.SECONDS));
        for (var each : waiting) {
            assertEquals(Outcome.COMMITTED, each.get(30, TimeUnit.SECONDS));
        }
        assertEquals(2, counted.count(Kind.FLUSH));
    }

    /// Goal: who finds no room is told so, whoever joined as well; the store is as it was, and that is said once.
    @Test
    void aBatchWithoutRoomIsWithdrawn() {
        var full = new FaultingDevice(counted);
        var commits = commitsTo(full);
        full.fullWhen(each -> each.is(Kind.WRITE));
        for (int i = 0; i < 2; i++) {
            var first = new PendingException(1, Cause.ORIGIN_WRITE);
            assertSame(first, commits.joinOrCreate(first));
            assertSame(first, commits.joinOrCreate(new PendingException(1, Cause.SNAPSHOT_WRITE)));
            first.carry(ByteBuffer.wrap(MemoryDevice.numberedSector(1)));
            commits.enqueue(List.of(first));
            assertEquals(Outcome.REFUSED, commits.await(first));
            assertEquals(2, first.storeChunk(), "the same again");
            assertEquals(0, commits.pendingCount());
        }
        assertEquals(List.of("refused"), failures);
        assertEquals(0, counted.count(Kind.FLUSH));
    }

    /// Goal: not even a bug leaves anybody waiting.
    @Test
    void anUncheckedFailureEndsTheBatchAndIsPassedOn() {
        var bug =
                commitsTo(
                        new WrappedDevice(counted) {
                            @Override
                            protected void before(DeviceOperation operation) {
                                if (operation.is(Kind.FLUSH) && !counted.operations().isEmpty()) {
                                    throw new IllegalStateException("a bug");
                                }
                            }
                        });
        var first = new PendingException(1, Cause.ORIGIN_WRITE);
        var second = new PendingException(2, Cause.ORIGIN_WRITE);
        for (var each : List.of(first, second)) {
            bug.joinOrCreate(each);
            each.carry(ByteBuffer.wrap(MemoryDevice.numberedSector(1)));
        }
        bug.enqueue(List.of(first, second));
        assertThrows(IllegalStateException.class, () -> bug.await(first));
        assertEquals(Outcome.FAILED, bug.await(second));
        assertEquals(List.of("a bug"), failures);
        assertEquals(0, bug.pendingCount());
    }

    @Test
    void whatDoesNotFitIsSaidAndNothingElseIsLost() {
        var created = create(0, 2997);
        commits.enqueue(created);
        created.forEach(commits::await);
        assertTrue(failures.isEmpty(), failures.toString());
        var tooMuch = create(5000);
        assertEquals(Outcome.NO_SPACE, commitNow(tooMuch));
        assertNotEquals(List.of(), failures);
    }
}
