package io.cowherd.iscsi.session;

import io.cowherd.iscsi.login.LoginAnswer;
import io.cowherd.iscsi.login.LoginExchange;
import io.cowherd.iscsi.login.LoginRefused;
import io.cowherd.iscsi.login.LoginRequest;
import io.cowherd.iscsi.login.LoginState;
import io.cowherd.iscsi.pdu.LoginRequestHeader;
import io.cowherd.iscsi.pdu.LoginResponseHeader;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.text.TextKeys;
import java.nio.ByteBuffer;
import org.jscsi.parser.OperationCode;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A connection until full feature phase: login requests in, [LoginExchange] decides, login responses out.
///
/// 1. **Collect** the text of a request, which may come in several PDUs.
/// 2. **Answer** it.
/// 3. At the end, **admit** the session: an older one of the same initiator port ends first. If that takes longer than
///    `Limits.reinstatementTimeoutMillis`, the host is sent away (status 0301) and tries again.
/// 4. **Open** its nexus, send the last response, switch digests on, go over to [FullFeaturePhase].
///
/// Nothing here can be refused softly: whatever is wrong ends the login with a status and closes the connection.
///
/// **Threading.** *Confined to the connection's event loop.*
final class LoginPhase implements Phase {
    private static final Logger LOG = LoggerFactory.getLogger(LoginPhase.class);

    /// Data segment that an initiator takes before it has said otherwise (RFC 7143 13.12).
    private static final int MAX_ANSWER_BYTES = 8192;

    private final IscsiConnection connection;
    private final LoginExchange exchange;
    private final LoginRequestHeader request;
    private final LoginResponseHeader response = new LoginResponseHeader();
    private final TextCollector text;

    private @Nullable Responses responses;
    private @Nullable CommandWindow window;
    private @Nullable ByteBuffer data;
    private int cid;
    private boolean isOver;
    private Timers.Timer patience = Timers.Timer.NONE;

    LoginPhase(IscsiConnection connection) {
        this.connection = connection;
        ServerScope scope = connection.scope();
        this.exchange =
                new LoginExchange(scope.directory(), scope.offer(), connection.portal().groupTag());
        this.request = new LoginRequestHeader(connection.stream().received());
        this.text = new TextCollector(scope.limits().maxTextBytes());
    }

    @Override
    public ByteBuffer header() {
        ByteBuffer to = ByteBuffer.allocate(request.dataSegmentBytes()); // bounded by the stream
        data = to;
        return to;
    }

    @Override
    public void complete() {
        if (isOver) {
            return; // the connection is being closed, or the initiator talks before its turn
        }
        try {
            if (request.opcode() != OperationCode.LOGIN_REQUEST.value()) {
                throw new LoginRefused(
                        LoginStatus.INVALID_DURING_LOGIN,
                        "opcode %02x before the end of the login".formatted(request.opcode()));
            }
            if (responses == null) {
                begin();
            }
            collect(); // 1
        } catch (LoginRefused refusal) {
            refuse(refusal.status(), String.valueOf(refusal.getMessage()));
        } catch (PduRejected malformed) {
            rejected(malformed);
        }
    }

    private void begin() throws LoginRefused {
        cid = request.cid();
        responses();
        if (request.versionMin() > 0) {
            throw new LoginRefused(
                    LoginStatus.UNSUPPORTED_VERSION,
                    "version " + request.versionMin() + " or later");
        }
        int tsih = request.tsih();
        if (tsih != 0) {
            boolean exists = connection.scope().registry().exists(tsih);
            throw new LoginRefused(
                    exists ? LoginStatus.TOO_MANY_CONNECTIONS : LoginStatus.SESSION_DOSE_NOT_EXIST,
                    "a connection for session " + tsih + ", but sessions have one connection");
        }
    }

    /// The counters begin with what the first request says.
    private Responses responses() {
        if (responses == null) {
            window =
                    new CommandWindow(connection.scope().limits().commandWindow(), request.cmdSn());
            responses = new Responses(connection.stream().writer(), window, request.expStatSn());
        }
        return responses;
    }

    private void collect() throws LoginRefused, PduRejected {
        if (data != null) {
            text.add(data.flip());
        }
        if (!request.continues()) {
            answer(text.take());
        } else if (request.transits()) {
            throw new LoginRefused(LoginStatus.INITIATOR_ERROR, "T and C in one request");
        } else {
            response.answer(request);
            response.stage(request.currentStage(), 0, false);
            responses().send(response);
        }
    }

    private void answer(TextKeys keys) throws LoginRefused { // 2
        LoginAnswer answer =
                exchange.answer(
                        new LoginRequest(
                                request.currentStage(),
                                request.nextStage(),
                                request.transits(),
                                request.isid(),
                                keys));
        ByteBuffer said = answer.keys().encode();
        if (said.remaining() > MAX_ANSWER_BYTES) {
            throw new LoginRefused(
                    LoginStatus.INITIATOR_ERROR,
                    "keys that take " + said.remaining() + " bytes to answer");
        }
        response.answer(request);
        response.stage(answer.currentStage(), answer.nextStage(), answer.transits());
        if (answer.state() instanceof LoginState.FullFeature end) {
            admit(end, said);
        } else {
            responses().send(response, said);
        }
    }

    private void admit(LoginState.FullFeature end, ByteBuffer said) { // 3
        isOver = true;
        connection.stream().hold();
        ServerScope scope = connection.scope();
        Session session =
                new Session(
                        end.identity(),
                        end.parameters(),
                        connection.portal(),
                        connection.stream().remoteAddress(),
                        scope.clock().instant(),
                        connection.stream().loop(),
                        connection);
        patience =
                scope.timers()
                        .after(
                                connection.stream().loop(),
                                scope.limits().reinstatementTimeoutMillis(),
                                () -> waitedTooLong(session));
        scope.registry().admit(session, status -> onLoop(() -> admitted(session, status, said)));
    }

    /// A command of the session that is reinstated still runs, and might still write: nobody comes in before it has ended.
    private void waitedTooLong(Session session) {
        if (!connection.isClosing()) {
            refuse(
                    LoginStatus.SERVICE_UNAVAILABLE,
                    session
                            + " would reinstate a session whose commands have not ended within "
                            + connection.scope().limits().reinstatementTimeoutMillis()
                            + " ms: its storage hangs");
        }
    }

    private void onLoop(Runnable work) {
        if (connection.stream().isOnLoop()) {
            work.run();
        } else {
            connection.stream().loop().execute(work);
        }
    }

    private void admitted(Session session, LoginStatus status, ByteBuffer said) { // 4
        patience.cancel();
        if (connection.isClosing()) {
            if (status == LoginStatus.SUCCESS) {
                connection.scope().registry().remove(session); // nobody is there any more
            }
        } else if (status != LoginStatus.SUCCESS) {
            refuse(
                    status,
                    status == LoginStatus.OUT_OF_RESOURCES
                            ? session
                                    + ": there are too many (maxSessions, maxSessionsPerInitiator)"
                            : session + " is not admitted");
        } else {
            CommandWindow commands = window;
            if (commands == null) {
                throw new AssertionError("A login has ended that never began.");
            }
            var next = new FullFeaturePhase(connection, session, responses(), commands, cid);
            connection.enter(next);
            response.tsih(session.tsih());
            responses().send(response, said);
            next.begin();
            LOG.info("session of {} begins", session);
            connection.stream().resume();
        }
    }

    @Override
    public void rejected(PduRejected refusal) {
        refuse(LoginStatus.INITIATOR_ERROR, refusal.getMessage());
    }

    private void refuse(LoginStatus status, String reason) {
        isOver = true;
        response.answer(request);
        response.stage(request.currentStage(), 0, false);
        response.status(status.value());
        responses().send(response);
        connection.close("login refused, %s: %s".formatted(status, reason));
    }

    @Override
    public void closed() {
        isOver = true; // a session that is still being admitted is removed when it is
        patience.cancel();
    }
}
