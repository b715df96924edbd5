package io.cowherd.forward;

import io.cowherd.iscsi.wire.BufferBudget;
import io.cowherd.scsi.Task;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A forwarded command at the owner: collects its data, has it executed, sends back what it produces.
///
/// **Threading.** *Confined to the connection's event loop.*
final class ServedTask implements Task.Completion {
    private static final ByteBuffer NO_DATA = ByteBuffer.allocateDirect(0);

    /// Where a command is.
    enum Stage {
        /// Begun; the caller has not sent Execute.
        BEGUN,
        /// Its data is on the way.
        RECEIVING,
        /// The logical unit has it.
        EXECUTING,
        /// Ended; its answer may be on the way.
        ENDED
    }

    private final HostConnection connection;
    private final int tag;
    private final Task task;

    private Stage stage = Stage.BEGUN;
    private int awaitedBytes;
    private @Nullable TransferBuffer dataOut;
    private @Nullable TransferBuffer dataIn;

    ServedTask(HostConnection connection, int tag, Task task) {
        this.connection = connection;
        this.tag = tag;
        this.task = task;
    }

    int tag() {
        return tag;
    }

    Stage stage() {
        return stage;
    }

    /// The host has sent everything; the data follows.
    void execute(Message.Execute execute, BufferBudget budget) throws PeerFailure {
        if (stage != Stage.BEGUN) {
            throw new PeerFailure("command " + tag + " is executed twice");
        }
        stage = Stage.RECEIVING;
        if (execute.announcedBytes() != Message.NOT_ANNOUNCED) {
            task.announced(execute.announcedBytes());
        }
        if (task.dataOutBytes() > execute.dataOutBytes()
                || task.dataInBytes() > execute.dataInBytes()) {
            connection.tellFacts();
            refuse(ForwardedTask.BUSY);
        } else if (allocate(execute, budget)) {
            awaitedBytes = execute.sentBytes();
            executeIfComplete();
        } else {
            refuse(ForwardedTask.TASK_SET_FULL);
        }
    }

    /// Makes room for as much as the task wants and may send.
    private boolean allocate(Message.Execute execute, BufferBudget budget) {
        int outBytes = Math.min(execute.sentBytes(), task.dataOutBytes());
        int inBytes = Math.min(execute.roomBytes(), task.dataInBytes());
        dataOut = outBytes == 0 ? null : TransferBuffer.tryAllocate(budget, outBytes);
        dataIn = inBytes == 0 ? null : TransferBuffer.tryAllocate(budget, inBytes);
        return (outBytes == 0 || dataOut != null) && (inBytes == 0 || dataIn != null);
    }

    private void refuse(byte status) {
        task.abort();
        end(new Message.Status(status, Message.Ending.COMPLETED, 0, 0, NO_DATA));
    }

    /// A part of the data has come. What the task does not want, because it will be refused, is dropped.
    void receive(ByteBuf data) throws PeerFailure {
        if (stage != Stage.RECEIVING) {
            return;
        }
        int bytes = data.readableBytes();
        if (bytes > awaitedBytes) {
            throw new PeerFailure(bytes + " bytes of data, " + awaitedBytes + " were to come");
        }
        awaitedBytes -= bytes;
        if (dataOut != null) {
            ByteBuffer into = dataOut.data();
            int wanted = Math.min(bytes, into.remaining());
            int end = into.limit();
            data.readBytes(into.limit(into.position() + wanted));
            into.limit(end);
        }
        executeIfComplete();
    }

    private void executeIfComplete() {
        if (awaitedBytes > 0) {
            return;
        }
        stage = Stage.EXECUTING;
        ByteBuffer out = dataOut == null ? NO_DATA : dataOut.data().flip();
        task.execute(out, dataIn == null ? NO_DATA : dataIn.data(), this);
    }

    /// The caller wants it stopped.
    ///
    /// @return false if nobody waits for an answer: it was never to be executed
    boolean abort() {
        task.abort();
        switch (stage) {
            case BEGUN -> {
                stage = Stage.ENDED;
                return false;
            }
            case RECEIVING -> {
                awaitedBytes = 0;
                executeIfComplete(); // it was withdrawn: completes at once
            }
            case EXECUTING, ENDED -> {}
        }
        return true;
    }

    /// Drops it unless the logical unit has it, or had it: it will never be executed.
    ///
    /// @return true if it was dropped
    boolean drop() {
        if (stage != Stage.BEGUN && stage != Stage.RECEIVING) {
            return false;
        }
        stage = Stage.ENDED;
        task.abort();
        release();
        return true;
    }

    @Override
    public void completed(Task ended) {
        int produced = task.dataInLength();
        TransferBuffer in = dataIn;
        int sent = in == null ? 0 : Math.min(produced, in.data().capacity());
        Message.Ending ending = Message.Ending.of(task);
        var status = new Message.Status(task.status(), ending, produced, sent, task.sense());
        stage = Stage.ENDED;
        if (sent > 0 && in != null && connection.isUp()) {
            connection.outbox.add(tag, in.data().clear().limit(sent), () -> end(status));
        } else {
            end(status);
        }
    }

    private void end(Message.Status status) {
        stage = Stage.ENDED;
        release();
        connection.ended(this, status);
    }

    /// Gives its memory back.
    void release() {
        TransferBuffer out = dataOut;
        TransferBuffer in = dataIn;
        dataOut = null;
        dataIn = null;
        if (out != null) {
            out.close();
        }
        if (in != null) {
            in.close();
        }
    }
}
