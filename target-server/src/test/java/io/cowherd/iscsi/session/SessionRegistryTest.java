package io.cowherd.iscsi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginIdentity;
import io.cowherd.iscsi.login.LoginState;
import io.cowherd.iscsi.login.Proofs;
import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.login.SessionType;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.ScsiTarget;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Goal: however logins of one initiator port overlap, the last one that is still there comes in, after the session before
/// it has ended, and only a login that asks to come in closes anybody. Method: sessions that end when the test says so.
final class SessionRegistryTest {
    private static final ScsiTarget NO_TARGET =
            new ScsiTarget() {
                @Override
                public Nexus open(String initiatorPort, int relativeTargetPort, Executor loop) {
                    throw new AssertionError("The registry opens no nexus.");
                }
            };

    private final SessionRegistry registry = new SessionRegistry(3, 3);

    /// A session with its login.
    private final class Host implements Session.Control {
        final Session session;
        @Nullable LoginStatus status;
        int answers;
        int closes;

        Host(SessionType type, int isid) {
            this(type, isid, 1);
        }

        Host(SessionType type, int isid, int groupTag) {
            HostPort address = new HostPort("127.0.0.1", 3260);
            TargetEntry target =
                    type == SessionType.DISCOVERY ? null : new TargetEntry("iqn.t", "", NO_TARGET);
            session =
                    new Session(
                            new LoginState.FullFeature(
                                    Proofs.none(),
                                    new LoginIdentity("iqn.host", isid, type, target),
                                    new SessionParameters(
                                            false, false, 8192, 8192, 8192, 8192, true, true)),
                            new Portal(address, address, groupTag),
                            "127.0.0.1:50000",
                            Instant.EPOCH,
                            Runnable::run,
                            this);
        }

        Host logsIn() {
            registry.admit(
                    session,
                    result -> {
                        status = result;
                        answers++;
                    });
            return this;
        }

        void ends() {
            registry.remove(session);
        }

        void expect(@Nullable LoginStatus expected) {
            assertEquals(expected, status);
            assertEquals(expected == null ? 0 : 1, answers);
        }

        @Override
        public void requestLogout(int withinSeconds) {
            throw new AssertionError();
        }

        @Override
        public void close(String reason) {
            closes++;
        }

        @Override
        public void drop(String reason) {
            throw new AssertionError();
        }
    }

    private Host login() {
        return login(1);
    }

    private Host login(int isid) {
        return new Host(SessionType.NORMAL, isid).logsIn();
    }

    @Test
    void aLoginWaitsForTheSessionThatItReinstates() {
        Host old = login();
        Host next = login();
        assertEquals(1, old.closes);
        next.expect(null);
        assertFalse(old.session.gone().toCompletableFuture().isDone());
        old.ends();
        assertTrue(old.session.gone().toCompletableFuture().isDone());
        next.expect(LoginStatus.SUCCESS);
        assertEquals(List.of(next.session), registry.all());
        assertEquals(0, next.closes);
        next.ends();
        assertEquals(List.of(), registry.all());
        login().expect(LoginStatus.SUCCESS);
    }

    @Test
    void theNewestOfManyThatWaitComesIn() {
        Host old = login();
        Host first = login();
        Host second = login();
        first.expect(LoginStatus.SERVICE_UNAVAILABLE);
        Host third = login();
        second.expect(LoginStatus.SERVICE_UNAVAILABLE);
        third.expect(null);
        old.ends();
        first.expect(LoginStatus.SERVICE_UNAVAILABLE);
        second.expect(LoginStatus.SERVICE_UNAVAILABLE);
        third.expect(LoginStatus.SUCCESS);
        assertEquals(0, first.closes + second.closes + third.closes);
        assertEquals(List.of(third.session), registry.all());
    }

    /// As when the connection of a login has gone while it waited.
    @Test
    void whoComesInAndLeavesAtOnceLeavesThePortToTheNext() {
        Host old = login();
        Host gone = login();
        old.ends();
        gone.expect(LoginStatus.SUCCESS);
        Host next = login();
        next.expect(null);
        gone.ends();
        next.expect(LoginStatus.SUCCESS);
        assertEquals(0, next.closes);
        assertEquals(List.of(next.session), registry.all());
    }

    /// A login that was let in and has not heard of it yet is a session like any other.
    @Test
    void whoHasJustComeInIsReinstatedAsWell() {
        Host old = login();
        Host next = login();
        old.ends();
        Host newest = login();
        assertEquals(1, next.closes);
        newest.expect(null);
        old.ends(); // again: not its port any more
        newest.expect(null);
        next.ends();
        newest.expect(LoginStatus.SUCCESS);
    }

    /// As when a host without multipath has lost a portal, and comes back by another before its storage has answered.
    @Test
    void whoComesBackByAnotherPortalWaitsForWhatStillRuns() {
        Host old = login();
        Host beside = new Host(SessionType.NORMAL, 1, 2).logsIn();
        beside.expect(LoginStatus.SUCCESS); // a second path of a host that has both
        assertEquals(0, old.closes);
        old.session.ends();
        Host back = new Host(SessionType.NORMAL, 1, 3).logsIn();
        back.expect(null);
        new Host(SessionType.NORMAL, 2, 3).logsIn().expect(LoginStatus.SUCCESS);
        old.ends();
        back.expect(LoginStatus.SUCCESS);
        assertEquals(0, beside.closes);
    }

    @Test
    void otherPortsAndDiscoverySessionsDoNotWait() {
        login(1).expect(LoginStatus.SUCCESS);
        login(2).expect(LoginStatus.SUCCESS);
        Host discovery = new Host(SessionType.DISCOVERY, 1).logsIn();
        discovery.expect(LoginStatus.SUCCESS);
        Host tooMany = login(4);
        tooMany.expect(LoginStatus.OUT_OF_RESOURCES);
        discovery.ends();
        login(4).expect(LoginStatus.SUCCESS);
    }

    @Test
    void whoIsNotAdmittedLeavesThePortFree() {
        Host old = login();
        Host next = login();
        registry.close();
        old.ends();
        next.expect(LoginStatus.SERVICE_UNAVAILABLE);
        assertNull(registry.find(next.session.tsih()));
        registry.open();
        login().expect(LoginStatus.SUCCESS);
    }
}
