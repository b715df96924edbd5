package io.cowherd.iscsi.session;

import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.pdu.DataOutHeader;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import io.cowherd.iscsi.pdu.R2tHeader;
import io.cowherd.iscsi.pdu.ScsiCommandHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.iscsi.wire.PduStream;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Task;
import io.netty.util.collection.IntObjectHashMap;
import java.util.List;
import java.util.function.Predicate;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// The SCSI commands of a session that have not ended, by their initiator task tag.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Commands {
    /// Immediate commands, which the window does not bound, that may be in flight beside it.
    static final int MAX_IMMEDIATE = 16;

    private static final List<Nexus.TaskAttribute> ATTRIBUTES =
            List.of(Nexus.TaskAttribute.values());

    // Immutable
    private final PduStream stream;
    private final Session session;
    private final Nexus nexus;
    private final Responses responses;
    private final CommandWindow window;
    private final CommandResponder responder;
    private final int maxCommands;
    private final R2tHeader r2t = new R2tHeader();

    // Owned by the event loop
    private final IntObjectHashMap<CommandTask> byTag = new IntObjectHashMap<>();
    private int lastTransferTag;
    private boolean isClosed;
    private @Nullable Runnable whenIdle;

    Commands(
            PduStream stream,
            Session session,
            Nexus nexus,
            Responses responses,
            CommandWindow window,
            int windowSize) {
        this.stream = stream;
        this.session = session;
        this.nexus = nexus;
        this.responses = responses;
        this.window = window;
        this.maxCommands = windowSize + MAX_IMMEDIATE;
        this.responder = new CommandResponder(this, stream.writer());
    }

    /// Shows the host what it may see from now on.
    void show(@Nullable Host host, LunRights rights) {
        nexus.show(host, rights);
    }

    /// Takes in a command.
    ///
    /// @return the task; the command PDU goes on with [WriteTask#begin], or [CommandTask#execute] when it is complete
    CommandTask take(ScsiCommandHeader command) throws ProtocolFailure {
        if (byTag.containsKey(command.itt())) {
            throw new PduRejected(
                    ReasonCode.TASK_IN_PROGRESS,
                    "task tag %08x is in use".formatted(command.itt()));
        }
        if (command.itt() == BasicHeader.NO_TAG || command.attribute() >= ATTRIBUTES.size()) {
            throw new PduRejected(
                    ReasonCode.INVALID_PDU_FIELD,
                    "task tag %08x, attribute %d".formatted(command.itt(), command.attribute()));
        }
        if (byTag.size() >= maxCommands) {
            throw new PduRejected(
                    ReasonCode.IMMEDIATE_COMMAND_REJECT, byTag.size() + " commands are in flight");
        }
        long bidirectional = command.bidirectionalReadBytes();
        if (!command.writes() && command.dataSegmentBytes() > 0) {
            throw new PduRejected(
                    ReasonCode.PROTOCOL_ERROR, "data with a command that does not write");
        }
        Task task = nexus.begin(command.lun(), command.cdb(), ATTRIBUTES.get(command.attribute()));
        CommandTask taken =
                command.writes()
                        ? new WriteTask(this, command, bidirectional, task)
                        : new ReadTask(this, command, task);
        byTag.put(command.itt(), taken);
        session.countCommand();
        return taken;
    }

    /// The write that a Data-Out belongs to.
    ///
    /// @return null if there is none: it was aborted, or has failed, and its data is discarded
    @Nullable WriteTask find(DataOutHeader header) {
        return byTag.get(header.itt()) instanceof WriteTask write ? write : null;
    }

    @Nullable CommandTask find(int itt) {
        return byTag.get(itt);
    }

    /// Aborts commands that wait for data, or behind an ORDERED one. Those that have started are left to the nexus.
    void abortWaiting(Predicate<CommandTask> which) {
        for (CommandTask task : List.copyOf(byTag.values())) {
            if (!task.task.hasStarted() && which.test(task)) {
                task.abort();
            }
        }
    }

    void remove(CommandTask task) {
        byTag.remove(task.itt());
        if (task.isInWindow()) {
            window.release();
        }
    }

    void ended() {
        Runnable listener = whenIdle;
        if (listener != null && byTag.isEmpty()) {
            whenIdle = null;
            listener.run();
        }
    }

    /// Runs `listener` when the commands that have started have ended; the others are aborted now.
    void finish(Runnable listener) {
        abortWaiting(_ -> true);
        if (byTag.isEmpty()) {
            listener.run();
        } else {
            whenIdle = listener;
        }
    }

    /// Ends the nexus. From now on nothing is sent for a command; `done` runs when none is left.
    void close(Runnable done) {
        isClosed = true;
        abortWaiting(_ -> true);
        nexus.close(done);
    }

    boolean isClosed() {
        return isClosed;
    }

    /// True if every write that waits for data has got some since this was asked last.
    boolean checkProgress() {
        boolean moves = true;
        for (CommandTask task : byTag.values()) {
            moves &= !(task instanceof WriteTask write) || write.checkProgress();
        }
        return moves;
    }

    // What tasks need

    void check() {
        stream.check();
    }

    /// Ends the connection over a mistake of ours that came up while a command completed.
    void bug(Throwable bug) {
        stream.bug(bug);
    }

    @Nullable DataSegment tryAllocate(int bytes) {
        return stream.writer().tryAllocate(bytes);
    }

    int nextTransferTag() {
        lastTransferTag++;
        if (lastTransferTag == BasicHeader.NO_TAG) {
            lastTransferTag = 1;
        }
        return lastTransferTag;
    }

    SessionParameters parameters() {
        return session.parameters();
    }

    Session session() {
        return session;
    }

    Nexus nexus() {
        return nexus;
    }

    Responses responses() {
        return responses;
    }

    CommandResponder responder() {
        return responder;
    }

    R2tHeader r2t() {
        return r2t;
    }
}
