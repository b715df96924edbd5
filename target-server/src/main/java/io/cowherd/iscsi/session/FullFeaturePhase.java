package io.cowherd.iscsi.session;

import io.cowherd.config.Limits;
import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginExchange;
import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.pdu.AsyncMessageHeader;
import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.pdu.DataOutHeader;
import io.cowherd.iscsi.pdu.LogoutRequestHeader;
import io.cowherd.iscsi.pdu.LogoutResponseHeader;
import io.cowherd.iscsi.pdu.NopInHeader;
import io.cowherd.iscsi.pdu.NopOutHeader;
import io.cowherd.iscsi.pdu.Opcodes;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import io.cowherd.iscsi.pdu.RejectHeader;
import io.cowherd.iscsi.pdu.RequestHeader;
import io.cowherd.iscsi.pdu.ScsiCommandHeader;
import io.cowherd.iscsi.pdu.TaskManagementHeader;
import io.cowherd.iscsi.pdu.TextRequestHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.iscsi.wire.PduStream;
import io.cowherd.scsi.Host;
import java.nio.ByteBuffer;
import org.jscsi.parser.OperationCode;
import org.jscsi.parser.logout.LogoutResponse;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// A connection after its login: one `switch` over the opcodes, and what is too small for a class of its own, NOP, logout
/// and Reject.
///
/// | request             | goes to                                    | in a discovery session |
/// |---------------------|--------------------------------------------|------------------------|
/// | SCSI Command        | [Commands], [ReadTask], [WriteTask]        | Reject                 |
/// | Data-Out            | [WriteTask]; discarded if its task is gone | discarded              |
/// | task management     | [TaskManagementExchange]                   | Reject                 |
/// | Text                | [TextExchange]                             | the same               |
/// | NOP-Out, Logout     | here                                       | the same               |
/// | Login, SNACK, other | Reject                                     | Reject                 |
///
/// **Threading.** *Confined to the connection's event loop.*
final class FullFeaturePhase implements Phase {
    @FunctionalInterface
    private interface Step {
        void run() throws ProtocolFailure;
    }

    private static final Step NOTHING = () -> {};

    // Immutable
    private final IscsiConnection connection;
    private final Session session;
    private final PduStream stream;
    private final Responses responses;
    private final CommandWindow window;
    private final int cid;
    private final @Nullable Commands commands;
    private final @Nullable TaskManagementExchange taskManagement;
    private final TextExchange text;
    private final KeepAlive keepAlive;

    // Flyweights over the received header
    private final RequestHeader request;
    private final ScsiCommandHeader command;
    private final DataOutHeader dataOut;
    private final NopOutHeader nopOut;
    private final TextRequestHeader textRequest;
    private final TaskManagementHeader taskManagementRequest;
    private final LogoutRequestHeader logout;

    private final NopInHeader nopIn = new NopInHeader();
    private final LogoutResponseHeader logoutResponse = new LogoutResponseHeader();
    private final AsyncMessageHeader async = new AsyncMessageHeader();
    private final RejectHeader reject = new RejectHeader();

    private final Step commandComplete = this::commandComplete;
    private final Step dataOutComplete = this::dataOutComplete;

    // Owned by the event loop: the PDU at hand
    private Step next = NOTHING;
    private @Nullable CommandTask task;
    private @Nullable DataSegment pingData;

    private LunRights shown;
    private int lastPingTag;
    private boolean isEnding;

    /// Opens the session's nexus.
    ///
    /// @param rights what its host may do; means nothing in a discovery session
    FullFeaturePhase(
            IscsiConnection connection,
            Session session,
            LunRights rights,
            Responses responses,
            CommandWindow window,
            int cid) {
        this.connection = connection;
        this.session = session;
        this.stream = connection.stream();
        this.responses = responses;
        this.window = window;
        this.cid = cid;
        ByteBuffer received = stream.received();
        this.request = new RequestHeader(received);
        this.command = new ScsiCommandHeader(received);
        this.dataOut = new DataOutHeader(received);
        this.nopOut = new NopOutHeader(received);
        this.textRequest = new TextRequestHeader(received);
        this.taskManagementRequest = new TaskManagementHeader(received);
        this.logout = new LogoutRequestHeader(received);
        this.shown = rights;
        this.commands = commands(rights);
        this.taskManagement = commands == null ? null : taskManagement(commands);
        this.text = text();
        this.keepAlive = keepAlive();
    }

    private @Nullable Commands commands(LunRights rights) {
        TargetEntry target = session.identity().target();
        if (target == null) {
            return null;
        }
        var nexus =
                target.target()
                        .open(
                                session.identity().initiatorPort(),
                                session.portal().groupTag(),
                                stream.loop());
        nexus.show(host(), rights);
        int windowSize = connection.scope().limits().commandWindow();
        return new Commands(stream, session, nexus, responses, window, windowSize);
    }

    private TaskManagementExchange taskManagement(Commands of) {
        ServerScope scope = connection.scope();
        return new TaskManagementExchange(
                of,
                scope.timers(),
                stream.loop(),
                scope.limits().taskManagementTimeoutMillis(),
                this::dropTarget);
    }

    private TextExchange text() {
        ServerScope scope = connection.scope();
        return new TextExchange(
                session,
                new VisibleTargets(scope, connection, session),
                connection::sendTargets,
                responses,
                scope.limits().maxTextBytes(),
                session::initiatorMaxDataSegmentBytes);
    }

    private KeepAlive keepAlive() {
        ServerScope scope = connection.scope();
        Commands all = commands;
        return new KeepAlive(
                scope.limits(),
                scope.timers(),
                stream.loop(),
                this::ping,
                stream::unsentBytes,
                () -> all == null || all.checkProgress(),
                connection::close);
    }

    /// Called when the last login response has been queued: from here on, digests.
    void begin() {
        SessionParameters agreed = session.parameters();
        stream.maxDataSegmentBytes(agreed.targetMaxDataSegmentBytes());
        stream.digests(agreed.headerDigest(), agreed.dataDigest());
        keepAlive.start();
    }

    @Override
    public @Nullable ByteBuffer header() throws ProtocolFailure {
        keepAlive.heard();
        next = NOTHING;
        OperationCode opcode = Opcodes.of(request.opcode());
        if (opcode == OperationCode.SCSI_DATA_OUT) {
            return dataOut();
        }
        if (opcode == OperationCode.SNACK_REQUEST) {
            throw new PduRejected(ReasonCode.SNACK_REJECT, "SNACK at ErrorRecoveryLevel 0");
        }
        if (!request.isImmediate() && !window.admit(request.cmdSn())) {
            return null; // outside of the window: as if it had never come
        }
        if (opcode == OperationCode.SCSI_COMMAND) {
            return command();
        }
        if (!request.isImmediate()) {
            window.release(); // only SCSI commands keep their slot
        }
        return other(opcode);
    }

    private @Nullable ByteBuffer other(@Nullable OperationCode opcode) throws ProtocolFailure {
        return switch (opcode) {
            case NOP_OUT -> nopOut();
            case TEXT_REQUEST -> text(request.dataSegmentBytes());
            case SCSI_TM_REQUEST -> {
                next = this::manage;
                yield null;
            }
            case LOGOUT_REQUEST -> {
                next = this::logOut;
                yield null;
            }
            case LOGIN_REQUEST ->
                    throw new PduRejected(
                            ReasonCode.PROTOCOL_ERROR, "login request in full feature phase");
            case null, default -> // target opcodes and what is not assigned
                    throw new PduRejected(
                            ReasonCode.COMMAND_NOT_SUPPORTED,
                            "opcode %02x".formatted(request.opcode()));
        };
    }

    @Override
    public void complete() throws ProtocolFailure {
        next.run();
    }

    // SCSI

    private @Nullable ByteBuffer command() throws ProtocolFailure {
        CommandTask taken;
        try {
            if (commands == null) {
                throw new PduRejected(
                        ReasonCode.PROTOCOL_ERROR, "SCSI command in a discovery session");
            }
            taken = commands.take(command);
        } catch (ProtocolFailure refusal) {
            if (!command.isImmediate()) {
                window.release();
            }
            throw refusal;
        }
        task = taken;
        next = commandComplete;
        return switch (taken) {
            case ReadTask _ -> null;
            case WriteTask write -> begin(write);
        };
    }

    private @Nullable ByteBuffer begin(WriteTask write) throws ProtocolFailure {
        try {
            return write.begin(command);
        } catch (ProtocolFailure refusal) {
            write.abort();
            throw refusal;
        }
    }

    private void commandComplete() {
        switch (task) {
            case ReadTask read -> read.execute(null);
            case WriteTask write -> write.pduComplete(command.isFinal());
            case null -> throw new AssertionError("No command was begun.");
        }
    }

    private @Nullable ByteBuffer dataOut() throws PduRejected {
        WriteTask write = commands == null ? null : commands.find(dataOut);
        if (write == null) {
            return null; // aborted or failed: its data is discarded
        }
        ByteBuffer to = write.dataOut(dataOut);
        task = write;
        next = dataOutComplete;
        return to;
    }

    private void dataOutComplete() {
        if (task instanceof WriteTask write) {
            write.pduComplete(dataOut.isFinal());
        }
    }

    private void manage() throws PduRejected {
        if (taskManagement == null) {
            throw new PduRejected(
                    ReasonCode.PROTOCOL_ERROR, "task management in a discovery session");
        }
        taskManagement.request(taskManagementRequest);
    }

    /// Of who does not see and write all of it, its own session only (docs/decisions/0006).
    private void dropTarget() {
        String target = session.targetName();
        boolean mayDropOthers = shown.luns().isAll() && !shown.isReadOnly();
        for (Session one : connection.scope().registry().all()) {
            boolean isMeant = one == session || mayDropOthers;
            if (isMeant && target != null && target.equals(one.targetName())) {
                one.drop("TARGET COLD RESET");
            }
        }
    }

    // Text

    private ByteBuffer text(int length) throws PduRejected {
        int bound = connection.scope().limits().maxTextBytes();
        if (length > bound) {
            throw new PduRejected(
                    ReasonCode.LONG_OPERATION_REJECT,
                    "text of " + length + " bytes, at most " + bound);
        }
        ByteBuffer to = ByteBuffer.allocate(length);
        next = () -> text.request(textRequest, to.flip());
        return to;
    }

    // NOP

    private @Nullable ByteBuffer nopOut() throws PduRejected {
        if (!nopOut.isPing()) {
            return null; // the answer to our ping, or a mere sign of life
        }
        next = this::answerPing;
        int length =
                Math.min(
                        nopOut.dataSegmentBytes(),
                        session.parameters().initiatorMaxDataSegmentBytes());
        if (length == 0) {
            return null;
        }
        DataSegment data = stream.writer().tryAllocate(length);
        if (data == null) {
            throw new PduRejected(ReasonCode.LONG_OPERATION_REJECT, "no memory for a ping's data");
        }
        pingData = data;
        return data.view(0, length);
    }

    private void answerPing() {
        DataSegment data = pingData;
        pingData = null;
        nopIn.answer(nopOut.lun(), nopOut.itt());
        if (data == null) {
            responses.send(nopIn);
        } else {
            responses.sendWhole(nopIn, data, data.capacityBytes());
        }
    }

    private void ping() {
        lastPingTag = lastPingTag == Integer.MAX_VALUE ? 1 : lastPingTag + 1;
        nopIn.ping(lastPingTag);
        responses.sendWithoutStatus(nopIn);
    }

    // The end

    private void logOut() {
        int itt = logout.itt();
        LogoutResponse refusal =
                switch (logout.reason()) {
                    case 0 -> null;
                    case 1 -> logout.cid() == cid ? null : LogoutResponse.CID_NOT_FOUND;
                    default -> LogoutResponse.CONNECTION_RECOVERY_NOT_SUPPORTED;
                };
        if (refusal == null) {
            // The nexus ends first, so that whoever sees the response finds its reservations gone.
            finish(() -> end(() -> logOut(itt)));
        } else {
            answerLogout(itt, refusal);
        }
    }

    private void logOut(int itt) {
        if (!connection.isClosing()) {
            answerLogout(itt, LogoutResponse.CONNECTION_CLOSED_SUCCESSFULLY);
            connection.close("logout");
        }
    }

    private void answerLogout(int itt, LogoutResponse result) {
        logoutResponse.answer(itt, result.value());
        responses.send(logoutResponse);
    }

    private @Nullable Host host() {
        LoginExchange.Route route = connection.route();
        return route == null
                ? null
                : new Host(
                        session.identity().initiatorName(),
                        route.remote().getHostAddress(),
                        session.proof().account());
    }

    /// The rules have changed: shows what may be seen now. Who has lost every right goes on as before, or is dropped by whoever
    /// has changed the rules, but speaks for no host at other targets; and discovery, of which nothing is lost, ends.
    void reconsider() {
        LunRights now = connection.rights(session);
        if (commands != null) {
            shown = now == null ? shown : now;
            commands.show(now == null ? null : host(), shown);
        } else if (now == null) {
            connection.close("the rules have changed, and its proof is not enough any more");
        }
    }

    void requestLogout(int withinSeconds) {
        async.requestLogout(withinSeconds);
        responses.send(async);
    }

    void announceDrop() {
        async.dropSession(0);
        responses.send(async);
    }

    /// Takes in nothing more; runs `done` when the commands that execute have been answered. If that takes too long the
    /// connection is closed.
    void finish(Runnable done) {
        stream.hold();
        Limits limits = connection.scope().limits();
        Timers.Timer deadline =
                connection
                        .scope()
                        .timers()
                        .after(
                                stream.loop(),
                                limits.taskManagementTimeoutMillis(),
                                () -> connection.close("commands did not end in time"));
        Runnable whenIdle =
                () -> {
                    deadline.cancel();
                    done.run();
                };
        if (commands == null) {
            whenIdle.run();
        } else {
            commands.finish(whenIdle);
        }
    }

    /// Ends the session, once; `done` runs when its nexus is closed.
    private void end(Runnable done) {
        if (isEnding) {
            return;
        }
        isEnding = true;
        session.ends();
        Runnable gone =
                () -> {
                    connection.scope().registry().remove(session);
                    done.run();
                };
        if (commands == null) {
            gone.run();
        } else {
            commands.close(gone);
        }
    }

    @Override
    public void rejected(PduRejected refusal) {
        reject.reject(refusal.reason());
        responses.send(reject, request.bytes().slice(0, BasicHeader.SIZE_BYTES));
    }

    @Override
    public void closed() {
        keepAlive.stop();
        DataSegment data = pingData;
        pingData = null;
        if (data != null) {
            data.close();
        }
        end(() -> {});
    }
}
