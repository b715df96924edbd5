package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.Residual;
import io.cowherd.iscsi.pdu.ScsiCommandHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.scsi.Task;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A SCSI command of a session, from its PDU to its status: what reading and writing commands have in common.
///
/// The buffers are lent to the task while it executes and are not touched until it completes, even if the connection is
/// long gone by then.
///
/// **Threading.** *Confined to the connection's event loop.*
abstract sealed class CommandTask implements Task.Completion permits ReadTask, WriteTask {
    private static final ByteBuffer NO_DATA = ByteBuffer.allocateDirect(0);

    final Commands commands;
    final Task task;
    private final int itt;
    private final long lun;
    private final long expectedOutBytes;
    private final long expectedInBytes;
    private final boolean reads;
    private final boolean writes;
    private final boolean isImmediate;

    private TaskState state = TaskState.RECEIVING;
    private @Nullable DataSegment dataIn;
    private @Nullable Runnable whenEnded;

    CommandTask(
            Commands commands, ScsiCommandHeader command, long bidirectionalReadBytes, Task task) {
        this.commands = commands;
        this.task = task;
        this.itt = command.itt();
        this.lun = command.lun();
        this.reads = command.reads();
        this.writes = command.writes();
        this.isImmediate = command.isImmediate();
        long expected = command.expectedDataTransferBytes();
        this.expectedOutBytes = writes ? expected : 0;
        this.expectedInBytes = !reads ? 0 : writes ? bidirectionalReadBytes : expected;
    }

    int itt() {
        return itt;
    }

    long lun() {
        return lun;
    }

    /// True if the command takes a slot of the window.
    boolean isInWindow() {
        return !isImmediate;
    }

    long expectedOutBytes() {
        return expectedOutBytes;
    }

    final void become(TaskState next) {
        if (!state.mayBecome(next)) {
            throw new AssertionError("Command %08x: %s to %s".formatted(itt, state, next));
        }
        state = next;
    }

    /// Closes what holds received data; idempotent.
    abstract void releaseDataOut();

    /// Hands the command over to its logical unit.
    ///
    /// @param dataOut received data, or null for none; direct, lent until completion
    final void execute(@Nullable ByteBuffer dataOut) {
        if (task.aborted()) {
            complete();
            return;
        }
        int room = (int) Math.min(task.dataInBytes(), expectedInBytes);
        ByteBuffer into = NO_DATA;
        if (room > 0) {
            DataSegment segment = commands.tryAllocate(room);
            if (segment == null) {
                fail(TransportSense.NO_MEMORY);
                return;
            }
            dataIn = segment;
            into = segment.view(0, room);
        }
        become(TaskState.EXECUTING);
        task.execute(dataOut == null ? NO_DATA : dataOut, into, this);
    }

    @Override
    public final void completed(Task ended) {
        try {
            complete();
        } catch (RuntimeException
                | AssertionError bug) { // nobody above us would end the connection
            commands.bug(bug);
        }
    }

    private void complete() {
        commands.check();
        DataSegment data = dataIn;
        dataIn = null;
        end();
        boolean answers = !task.aborted() || task.respondsThoughAborted();
        if (commands.isClosed() || !answers) {
            if (data != null) {
                data.close();
            }
        } else {
            commands.responder().respond(this, data);
        }
        ended();
    }

    /// Ends a command that never executes, with a status of the transport.
    final void fail(TransportSense failure) {
        end();
        task.abort(); // so that nobody waits for it
        if (!commands.isClosed()) {
            commands.responder().respond(this, failure.status(), failure.sense(), residual(0, 0));
        }
        ended();
    }

    /// Stops the command. If it executes, its completion still comes.
    final void abort() {
        task.abort();
        if (state == TaskState.RECEIVING || state == TaskState.REFUSED) {
            end();
            ended();
        }
    }

    private void end() {
        become(TaskState.ENDED);
        releaseDataOut();
        commands.remove(this);
    }

    private void ended() {
        Runnable listener = whenEnded;
        whenEnded = null;
        if (listener != null) {
            listener.run();
        }
        commands.ended();
    }

    /// Runs `listener` once the command has ended, after those who asked before.
    final void whenEnded(Runnable listener) {
        Runnable before = whenEnded;
        whenEnded =
                before == null
                        ? listener
                        : () -> {
                            before.run();
                            listener.run();
                        };
    }

    final boolean isBidirectional() {
        return reads && writes;
    }

    /// Room that the initiator has for data.
    final long expectedInBytes() {
        return expectedInBytes;
    }

    /// Compares what was expected with what the command has, or would have, transferred (RFC 7143 11.4.5).
    ///
    /// @param out bytes the command wanted to receive
    /// @param in bytes the command had to send
    final Residual residual(long out, long in) {
        if (isBidirectional()) {
            return Residual.bidirectional(expectedOutBytes, out, expectedInBytes, in);
        }
        if (reads) {
            return Residual.of(expectedInBytes, in);
        }
        return writes ? Residual.of(expectedOutBytes, out) : Residual.of(0, Math.max(out, in));
    }
}
