package io.cowherd.iscsi.session;

import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.Authenticated;
import io.cowherd.iscsi.login.LoginIdentity;
import io.cowherd.iscsi.login.LoginState;
import io.cowherd.iscsi.login.SessionParameters;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A session as the rest of the server sees it. What it does happens in its connection, on its event loop; here is who it
/// is, what it has done so far, and the door for those who want it to end.
///
/// **Threading.** *Thread-safe: immutable, counters written by one thread, and messages to the event loop.*
public final class Session {
    /// How a session is ended from outside; runs on the event loop.
    interface Control {
        /// Asks the initiator to log out within the time.
        void requestLogout(int withinSeconds);

        /// Closes the connection at once.
        void close(String reason);

        /// Says that the session is about to be dropped, takes no more requests, lets running commands finish and answer,
        /// then closes.
        void drop(String reason);

        /// The rules about hosts have changed.
        default void reconsider() {}

        /// True if its host still has a right to its target, and has proved what that takes now. Any thread.
        default boolean isEntitled(Session session) {
            return true;
        }
    }

    // Immutable
    private final LoginIdentity identity;
    private final Authenticated proof;
    private final Portal portal;
    private final String address;
    private final Instant since;
    private final Executor loop;
    private final Control control;

    // Any thread
    private final CompletableFuture<Session> gone = new CompletableFuture<>();
    private volatile int tsih;
    private volatile boolean isEnding;

    // Written by the event loop, read by any thread
    private volatile SessionParameters parameters;
    private final AtomicLong commands = new AtomicLong();
    private final AtomicLong bytesRead = new AtomicLong();
    private final AtomicLong bytesWritten = new AtomicLong();

    Session(
            LoginState.FullFeature login,
            Portal portal,
            String address,
            Instant since,
            Executor loop,
            Control control) {
        this.identity = login.identity();
        this.proof = login.proof();
        this.parameters = login.parameters();
        this.portal = portal;
        this.address = address;
        this.since = since;
        this.loop = loop;
        this.control = control;
    }

    LoginIdentity identity() {
        return identity;
    }

    /// What its host has proved when it came in.
    Authenticated proof() {
        return proof;
    }

    SessionParameters parameters() {
        return parameters;
    }

    /// The initiator takes data segments of another length from now on.
    void initiatorMaxDataSegmentBytes(int bytes) {
        parameters = parameters.withInitiatorMaxDataSegmentBytes(bytes);
    }

    Portal portal() {
        return portal;
    }

    /// Name of the target; null in a discovery session.
    public @Nullable String targetName() {
        TargetEntry target = identity.target();
        return target == null ? null : target.name();
    }

    int tsih() {
        return tsih;
    }

    void tsih(int value) {
        tsih = value;
    }

    void countCommand() {
        commands.setOpaque(commands.getPlain() + 1);
    }

    void countRead(int bytes) {
        bytesRead.setOpaque(bytesRead.getPlain() + bytes);
    }

    void countWritten(int bytes) {
        bytesWritten.setOpaque(bytesWritten.getPlain() + bytes);
    }

    /// Asks the initiator to log out (asynchronous event 1).
    ///
    /// @param withinSeconds 0 to 65535
    public void requestLogout(int withinSeconds) {
        loop.execute(() -> control.requestLogout(withinSeconds));
    }

    /// Closes the connection at once; running commands are aborted.
    public void close(String reason) {
        loop.execute(() -> control.close(reason));
    }

    /// Tells the initiator that the session is dropped (asynchronous event 3), takes no more requests, lets running commands
    /// finish and answer, then closes.
    public void drop(String reason) {
        loop.execute(() -> control.drop(reason));
    }

    /// Has the session show its host what it may see from now on.
    public void reconsider() {
        loop.execute(control::reconsider);
    }

    /// True if its host still has a right to its target, and has proved what that takes now.
    public boolean isEntitled() {
        return control.isEntitled(this);
    }

    /// Completes when no task of the session is left and its nexus is closed.
    public CompletionStage<Session> gone() {
        return gone;
    }

    /// Its connection is gone or going; commands may still run.
    void ends() {
        isEnding = true;
    }

    boolean isEnding() {
        return isEnding;
    }

    void isGone() {
        gone.complete(this);
    }

    /// What management shows.
    public SessionInfo info() {
        return new SessionInfo(
                identity.initiatorName(),
                "%012x".formatted(identity.isid()),
                tsih,
                identity.type(),
                targetName(),
                portal.listen().toString(),
                portal.groupTag(),
                address,
                parameters,
                commands.getOpaque(),
                bytesRead.getOpaque(),
                bytesWritten.getOpaque(),
                since);
    }

    @Override
    public String toString() {
        return "%s (isid %012x, tsih %d) at %s"
                .formatted(identity.initiatorName(), identity.isid(), tsih, address);
    }
}
