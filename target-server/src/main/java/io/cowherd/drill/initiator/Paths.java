package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The paths to LUN 0 of a target. One is used; if it is lost, the next is, and a command whose outcome is not known is issued again, as
/// it was, until it has an outcome: as dm-multipath has it with `queue_if_no_path`, but for not so long as for ever.
///
/// **Threading.** *Confined to the thread that uses it.* It blocks.
public final class Paths implements AutoCloseable {
    /// Most portals that a login is sent on to, one after the other.
    private static final int MAX_REDIRECTS = 4;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);

    /// How a command ended for whoever wanted it.
    public sealed interface Result {
        /// It was executed.
        ///
        /// @param data what was read
        record Done(ByteBuffer data) implements Result {}

        /// An I/O error. Of a write it is not known whether it has been executed, or will be.
        ///
        /// @param why sense, or what went wrong last
        record Failed(String why) implements Result {}
    }

    /// Whoever wants to know what happens to paths.
    public interface Listener {
        /// The path was given up.
        void changedOver(HostPort portal, String why);

        /// A login was refused for good: a host without other paths would have lost its disk.
        void refused(HostPort portal, LoginRefusedException why);
    }

    private final Dialer dialer;
    private final HostIdentity who;
    private final String target;
    private final List<HostPort> portals;
    private final Timing timing;
    private final HostClock clock;
    private final Listener listener;
    private int at;
    private @Nullable Session session;
    private Duration pause = FIRST_PAUSE;
    private int lostInARow;

    /// @param portals of the target, at least one
    /// @param first index of the one that is used first
    public Paths(
            Dialer dialer,
            HostIdentity who,
            String target,
            List<HostPort> portals,
            int first,
            Timing timing,
            HostClock clock,
            Listener listener) {
        this.dialer = dialer;
        this.who = who;
        this.target = target;
        this.portals = new ArrayList<>(portals);
        this.at = first % portals.size();
        this.timing = timing;
        this.clock = clock;
        this.listener = listener;
    }

    /// Asks a portal, in a discovery session, where a target is.
    ///
    /// @return its portals; empty if there is no such target for this host
    /// @throws LoginRefusedException if the host may not ask
    public static List<HostPort> discover(
            Dialer dialer, HostIdentity who, HostPort portal, String target, Timing timing)
            throws IOException {
        try (Session session =
                Session.open(dialer.dial(portal), who, null, HostClock.SYSTEM, timing.command())) {
            return session.portals(target);
        }
    }

    /// Logs in by the path that is used first, without trying again.
    ///
    /// @throws LoginRefusedException if the target says so
    public void logIn() throws IOException {
        session();
    }

    /// Executes a command, by whatever path, until it is done or fails for good.
    public Result execute(ScsiRequest request) {
        long begun = clock.nanos();
        pause = FIRST_PAUSE;
        String last;
        do {
            try {
                Session used = session();
                ScsiAnswer answer = used.execute(request);
                lostInARow = 0;
                if (answer.verdict() == ScsiAnswer.Verdict.DONE) {
                    leaveIfAsked(used);
                    return new Result.Done(answer.data());
                }
                last = answer.words();
                switch (answer.verdict()) {
                    case DONE, AGAIN -> {}
                    case LATER -> pauseLonger();
                    case ELSEWHERE -> changeOver(last);
                    case ERROR -> {
                        return new Result.Failed(last);
                    }
                }
                leaveIfAsked(used);
            } catch (LoginRefusedException e) {
                last = Objects.toString(e.getMessage());
                if (e.isForGood()) {
                    listener.refused(portals.get(at), e);
                }
                changeOver(last);
            } catch (IOException e) {
                last = Objects.toString(e.getMessage(), e.toString());
                changeOver(last);
            }
        } while (clock.nanos() - begun < timing.patience().toNanos());
        return new Result.Failed(
                "not done within " + timing.patience().toSeconds() + " s: " + last);
    }

    /// Pauses are short at first: what has just begun is over soon, as a rule.
    private void pauseLonger() {
        clock.pause(pause);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    private Session session() throws IOException {
        Session open = session;
        if (open == null) {
            open = logIn(portals.get(at));
            session = open;
        }
        return open;
    }

    private Session logIn(HostPort portal) throws IOException {
        HostPort next = portal;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            try {
                return Session.open(dialer.dial(next), who, target, clock, timing.command());
            } catch (RedirectedException e) {
                next = e.portal();
                if (e.isPermanent()) {
                    portals.set(at, next);
                }
            }
        }
        throw new IOException("redirected more than " + MAX_REDIRECTS + " times");
    }

    private void leaveIfAsked(Session used) {
        if (used.isLeaving() && session != null) {
            used.logOut();
            changeOver("the target asked us to leave");
        }
    }

    /// Gives the present path up. Who has been round all of them pauses.
    private void changeOver(String why) {
        listener.changedOver(portals.get(at), why);
        Session open = session;
        if (open != null) {
            open.close();
            session = null;
        }
        at = (at + 1) % portals.size();
        if (++lostInARow % portals.size() == 0) {
            pauseLonger();
        }
    }

    /// Logs out.
    @Override
    public void close() {
        Session open = session;
        if (open != null) {
            open.logOut();
            session = null;
        }
    }
}
