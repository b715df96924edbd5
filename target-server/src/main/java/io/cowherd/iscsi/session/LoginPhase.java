package io.cowherd.iscsi.session;

import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.login.LoginAnswer;
import io.cowherd.iscsi.login.LoginExchange;
import io.cowherd.iscsi.login.LoginRefused;
import io.cowherd.iscsi.login.LoginRequest;
import io.cowherd.iscsi.login.LoginState;
import io.cowherd.iscsi.pdu.LoginRequestHeader;
import io.cowherd.iscsi.pdu.LoginResponseHeader;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.text.TextKeys;
import io.cowherd.iscsi.wire.PduStream;
import java.nio.ByteBuffer;
import java.util.Objects;
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
    private final LoginRequestHeader request;
    private final LoginResponseHeader response = new LoginResponseHeader();
    private final TextCollector text;

    private @Nullable LoginExchange exchange;
    private @Nullable Responses responses;
    private Timers.Timer delay = Timers.Timer.NONE;
    private @Nullable CommandWindow window;
    private @Nullable ByteBuffer data;
    private int cid;
    private boolean isOver;
    private Timers.Timer patience = Timers.Timer.NONE;

    LoginPhase(IscsiConnection connection) {
        this.connection = connection;
        ServerScope scope = connection.scope();
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
            refuse(refusal);
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

    private LoginExchange exchange() throws LoginRefused {
        LoginExchange known = exchange;
        if (known == null) {
            ServerScope scope = connection.scope();
            LoginExchange.Route route = connection.route();
            if (route == null) {
                throw new LoginRefused(LoginStatus.INITIATOR_ERROR, "the connection is gone");
            }
            known =
                    new LoginExchange(
                            scope.directory(),
                            scope.offer(),
                            connection.portal().groupTag(),
                            scope.reception(),
                            scope.redirects(),
                            route);
            exchange = known;
        }
        return known;
    }

    private void answer(TextKeys keys) throws LoginRefused { // 2
        LoginAnswer answer =
                exchange()
                        .answer(
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
        int waitMillis = 0;
        if (answer.hasProved()) {
            connection.trusted(); // first: who is right cannot be pushed out while it waits
            LoginExchange.Route route = Objects.requireNonNull(connection.route());
            waitMillis = connection.scope().failedLogins().delayMillis(route.remote());
        }
        after(waitMillis, () -> goOn(answer, said));
    }

    private void goOn(LoginAnswer answer, ByteBuffer said) {
        if (answer.state() instanceof LoginState.FullFeature end) {
            admit(end, said);
        } else {
            responses().send(response, said);
        }
    }

    /// Runs an answer now or later. Nothing is read meanwhile, so the request stands.
    private void after(int millis, Runnable answer) {
        if (millis == 0) {
            answer.run();
            return;
        }
        PduStream stream = connection.stream();
        stream.hold();
        delay =
                connection
                        .scope()
                        .timers()
                        .after(
                                stream.loop(),
                                millis,
                                () -> {
                                    if (!connection.isClosing()) {
                                        stream.resume();
                                        answer.run();
                                    }
                                });
    }

    private void admit(LoginState.FullFeature end, ByteBuffer said) { // 3
        isOver = true;
        connection.stream().hold();
        ServerScope scope = connection.scope();
        Session session =
                new Session(
                        end,
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
                    new LoginRefused(
                            LoginStatus.SERVICE_UNAVAILABLE,
                            session
                                    + " would reinstate a session whose commands have not ended within "
                                    + connection.scope().limits().reinstatementTimeoutMillis()
                                    + " ms: its storage hangs"));
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
                    new LoginRefused(
                            status,
                            status == LoginStatus.OUT_OF_RESOURCES
                                    ? session
                                            + ": there are too many (maxSessions,"
                                            + " maxSessionsPerInitiator)"
                                    : session + " is not admitted"));
        } else {
            // Once more: rules that changed during the login did not find it registered yet.
            LunRights rights = connection.rights(session);
            if (rights == null) {
                connection.scope().registry().remove(session);
                refuse(new LoginRefused(LoginStatus.NOT_FOUND, session + " has lost its right"));
                return;
            }
            CommandWindow commands = window;
            if (commands == null) {
                throw new AssertionError("A login has ended that never began.");
            }
            var next =
                    new FullFeaturePhase(connection, session, rights, responses(), commands, cid);
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
        refuse(new LoginRefused(LoginStatus.INITIATOR_ERROR, String.valueOf(refusal.getMessage())));
    }

    private void refuse(LoginRefused refusal) {
        isOver = true;
        response.answer(request);
        response.stage(request.currentStage(), 0, false);
        response.status(refusal.status().value());
        String why = String.valueOf(refusal.getMessage());
        after(
                countFailure(refusal),
                () -> {
                    responses().send(response, refusal.keys().encode());
                    connection.close("login ends with %s: %s".formatted(refusal.status(), why));
                });
    }

    /// Counts a refusal if it is one that counts.
    ///
    /// @return how long its answer is to wait
    private int countFailure(LoginRefused refusal) {
        LoginExchange.Route route = connection.route();
        return route == null || !refusal.isIntrusion()
                ? 0
                : connection
                        .scope()
                        .failedLogins()
                        .failed(route.remote(), String.valueOf(refusal.getMessage()));
    }

    @Override
    public void closed() {
        delay.cancel();
        isOver = true; // a session that is still being admitted is removed when it is
        patience.cancel();
    }
}
