package io.cowherd.forward;

import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.alua.AccessState;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A command of a host, at the node that the host talks to:
///
/// 1. **Begin** it at the owner, at once or when there is one.
/// 2. **Execute**: when its data is there, send it along.
/// 3. **Receive** data and status from the owner, and complete.
///
/// If the owner is lost after step 2, nobody knows whether it was executed. It then waits until it is *settled*, which it is
/// when an owner has opened the nexus again ([ClusterNexus]): before that a write could still come to pass, after
/// the host's second try. Only then the host is told to try again.
///
/// **Threading.** *Confined to the connection's event loop.*
final class ForwardedTask implements Task {
    static final byte BUSY = 0x08;
    static final byte TASK_SET_FULL = 0x28;
    private static final byte CHECK_CONDITION = 0x02;
    private static final byte TASK_ABORTED = 0x40;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private static final Sense TRANSITION =
            Objects.requireNonNull(
                    AccessState.TRANSITIONING.refuses(new Cdb.TestUnitReady()), "always refused");

    /// Where a command is.
    enum Stage {
        /// Its data is on the way from the host. The owner may know it, and does nothing yet.
        TAKEN,
        /// Complete, and not sent: there is no owner.
        READY,
        /// At the owner, another node.
        SENT,
        /// At the owner, which is this node.
        HERE,
        /// Was at an owner that is lost.
        UNSETTLED,
        /// Aborted before it was complete.
        WITHDRAWN,
        /// Completed.
        ENDED
    }

    // Immutable
    private final ClusterNexus nexus;
    private final int tag;
    private final Cdb cdb;
    private final Message.Begin begin;
    private final int dataInBytes;

    // Owned by the event loop
    private int dataOutBytes;
    private Stage stage = Stage.TAKEN;
    private long announced = Message.NOT_ANNOUNCED;
    private ByteBuffer dataOut = EMPTY;
    private ByteBuffer dataIn = EMPTY;
    private int receivedBytes;
    private @Nullable Completion completion;
    private @Nullable Task here;
    private boolean abortedHere;
    private Message.Status answer = new Message.Status(BUSY, Message.Ending.COMPLETED, 0, 0, EMPTY);
    private boolean isRefused;

    ForwardedTask(ClusterNexus nexus, int tag, Cdb cdb, Message.Begin begin, int out, int in) {
        this.nexus = nexus;
        this.tag = tag;
        this.cdb = cdb;
        this.begin = begin;
        this.dataOutBytes = out;
        this.dataInBytes = in;
    }

    int tag() {
        return tag;
    }

    Message.Begin begin() {
        return begin;
    }

    Stage stage() {
        return stage;
    }

    /// Never goes to the owner: it ends with this status when it is executed.
    void refuse(byte status) {
        isRefused = true;
        dataOutBytes = 0;
        answer = new Message.Status(status, Message.Ending.COMPLETED, 0, 0, EMPTY);
    }

    @Override
    public int dataOutBytes() {
        return dataOutBytes;
    }

    @Override
    public int dataInBytes() {
        return isRefused ? 0 : dataInBytes;
    }

    @Override
    public void announced(long expectedBytes) {
        announced = expectedBytes;
        if (cdb.takesWhatIsSent()) {
            dataOutBytes = (int) Math.min(expectedBytes, dataOutBytes);
        }
    }

    // -- 2. execute --

    @Override
    public void execute(ByteBuffer out, ByteBuffer in, Completion toldTo) {
        nexus.checkThread();
        dataOut = out;
        dataIn = in;
        completion = toldTo;
        switch (stage) {
            case TAKEN -> {
                stage = Stage.READY;
                if (isRefused) {
                    end();
                } else {
                    nexus.ready(this);
                }
            }
            case WITHDRAWN -> end();
            case READY, SENT, HERE, UNSETTLED, ENDED ->
                    throw new AssertionError("Executed twice: " + this);
        }
    }

    /// Sends it to the owner, who has heard of it.
    void sendTo(OwnerConnection owner) {
        stage = Stage.SENT;
        receivedBytes = 0;
        owner.send(
                tag,
                new Message.Execute(
                        announced,
                        dataOutBytes,
                        dataInBytes,
                        dataOut.remaining(),
                        dataIn.remaining()));
        if (dataOut.hasRemaining()) {
            owner.outbox.add(tag, dataOut, () -> {});
        }
    }

    /// Begins it at this node's device, which has become the owner.
    void beginAt(Nexus device) {
        if (!aborted()) { // else it ends in a turn of its own
            ByteBuffer cdb = ByteBuffer.allocate(Cdb.BYTES);
            cdb.putLong(begin.cdbHead()).putLong(begin.cdbTail()).flip();
            here = device.begin(begin.lun(), cdb, begin.attribute());
        }
    }

    /// The device has gone again before it was complete.
    void takeBack() {
        here = null;
    }

    /// Executes it at this node's device.
    void executeHere() {
        Task task = here;
        if (task == null) {
            return;
        }
        stage = Stage.HERE;
        if (announced != Message.NOT_ANNOUNCED) {
            task.announced(announced);
        }
        if (task.dataOutBytes() > dataOutBytes || task.dataInBytes() > dataInBytes) {
            task.abort();
            end(); // BUSY: its data is not what the command means
        } else {
            task.execute(dataOut, dataIn, this::completedHere);
        }
    }

    private void completedHere(Task task) {
        var ending = Message.Ending.of(task);
        answer = new Message.Status(task.status(), ending, task.dataInLength(), 0, task.sense());
        end();
    }

    // -- 3. receive --

    /// The owner sends data.
    void receive(ByteBuf data) throws PeerFailure {
        int bytes = data.readableBytes();
        if (stage != Stage.SENT || bytes > dataIn.remaining()) {
            throw new PeerFailure(
                    "%d bytes for %s, which has room for %d"
                            .formatted(bytes, this, dataIn.remaining()));
        }
        receivedBytes += bytes;
        int end = dataIn.limit();
        data.readBytes(dataIn.limit(dataIn.position() + bytes));
        dataIn.limit(end);
    }

    /// The owner has ended it.
    void answered(Message.Status status) throws PeerFailure {
        boolean isComplete =
                stage == Stage.SENT
                        && status.sentBytes() == receivedBytes
                        && status.dataInBytes() <= dataInBytes
                        && Math.min(status.dataInBytes(), receivedBytes + dataIn.remaining())
                                == receivedBytes;
        if (!isComplete) {
            throw new PeerFailure(
                    "%s ends with %d bytes of %d, of which %d have come"
                            .formatted(
                                    this, status.sentBytes(), status.dataInBytes(), receivedBytes));
        }
        answer = status;
        end();
    }

    /// The owner is leaving and has not executed it.
    void notBegun() {
        if (stage == Stage.SENT) {
            stage = Stage.READY;
        }
    }

    /// True if it is among what is refused while nobody owns the target; the others hosts find disks and paths by.
    boolean isRefusedInTransition() {
        return AccessState.TRANSITIONING.refuses(cdb) != null;
    }

    // -- the ends of those that have no answer --

    /// The connection to the owner is lost.
    ///
    /// @param isDrained true if the owner has said that it executes nothing any more
    void lost(boolean isDrained) {
        if (stage == Stage.SENT) {
            stage = Stage.UNSETTLED;
            if (isDrained) {
                settled();
            }
        }
    }

    /// Nobody executes it any more, or ever will.
    void settled() {
        boolean tellsOfPaths = cdb instanceof Cdb.ReportPortGroups; // where hosts expect it as well
        answer =
                isRefusedInTransition() || tellsOfPaths
                        ? new Message.Status(
                                CHECK_CONDITION,
                                Message.Ending.COMPLETED,
                                0,
                                0,
                                TRANSITION.encode(false))
                        : new Message.Status(BUSY, Message.Ending.COMPLETED, 0, 0, EMPTY);
        end();
    }

    private void end() {
        stage = Stage.ENDED;
        nexus.ended(this);
        dataOut = EMPTY;
        dataIn = EMPTY;
        Completion toldTo = completion;
        if (toldTo != null) {
            toldTo.completed(this);
        }
    }

    // -- abort --

    @Override
    public void abort() {
        nexus.checkThread();
        if (abortedHere || stage == Stage.ENDED) {
            return;
        }
        abortedHere = true;
        switch (stage) {
            case TAKEN -> {
                stage = Stage.WITHDRAWN;
                abortHere();
                nexus.withdrawn(this);
            }
            case READY -> nexus.post(this::endAborted);
            case SENT -> nexus.abortAtOwner(this);
            case HERE -> abortHere();
            case UNSETTLED, WITHDRAWN, ENDED -> {}
        }
    }

    private void abortHere() {
        Task task = here;
        if (task != null) {
            task.abort();
        }
    }

    private void endAborted() {
        if (stage == Stage.READY) {
            end();
        }
    }

    @Override
    public boolean aborted() {
        return abortedHere || answer.ending() != Message.Ending.COMPLETED;
    }

    @Override
    public boolean respondsThoughAborted() {
        return answer.ending() == Message.Ending.ABORTED_BY_OTHERS;
    }

    // -- answers --

    /// True once it is complete. Whether an ORDERED task holds it back only the owner knows.
    @Override
    public boolean hasStarted() {
        return switch (stage) {
            case TAKEN, WITHDRAWN -> false;
            case READY, SENT, HERE, UNSETTLED, ENDED -> true;
        };
    }

    @Override
    public byte status() {
        return abortedHere ? TASK_ABORTED : answer.status();
    }

    @Override
    public ByteBuffer sense() {
        return abortedHere ? EMPTY : answer.sense();
    }

    @Override
    public int dataInLength() {
        return abortedHere ? 0 : answer.dataInBytes();
    }

    @Override
    public String toString() {
        return "command %d, %s, %s".formatted(tag, cdb, stage);
    }
}
