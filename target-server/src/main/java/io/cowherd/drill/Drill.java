package io.cowherd.drill;

import io.cowherd.config.HostPort;
import io.cowherd.drill.DrillReport.Kind;
import io.cowherd.drill.initiator.Dialer;
import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.HostIdentity;
import io.cowherd.drill.initiator.LoginRefusedException;
import io.cowherd.drill.initiator.Paths;
import io.cowherd.drill.initiator.Timing;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Runs a drill: load, events under it, verification.
///
/// **Threading.** *Confined to the thread that runs it.*
public final class Drill {
    /// How long an event may take until all workers are served again.
    private static final Duration EVENT_LIMIT = Duration.ofMinutes(2);

    /// How long an operator may take to start a node again.
    private static final Duration RESTART_LIMIT = Duration.ofMinutes(10);

    /// How long it may take until some node serves the volume, or answers.
    private static final Duration OWNER_LIMIT = Duration.ofSeconds(30);

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int VERIFIER = 0xFFFF;
    private static final int PROBE = 0xFFFE;
    private static final double NANOS_PER_MILLI = 1e6;

    /// Who the drill is to targets.
    ///
    /// @param name of the initiator
    /// @param random tells this drill from others of that name
    /// @param account for CHAP; null if there is none
    public record Host(String name, int random, HostIdentity.@Nullable Account account) {
        HostIdentity session(int qualifier) {
            return HostIdentity.of(name, random, qualifier, account);
        }
    }

    /// The world around a drill.
    ///
    /// @param cluster the management
    /// @param dialer to portals
    /// @param timing of the hosts
    /// @param clock of the hosts
    /// @param wallClock for the report
    /// @param progress is told what is done, in sentences
    public record Surroundings(
            Cluster cluster,
            Dialer dialer,
            Timing timing,
            HostClock clock,
            InstantSource wallClock,
            Consumer<String> progress) {}

    private final Surroundings around;
    private final Cluster cluster;
    private final HostClock clock;
    private final DrillSettings settings;
    private final Host host;
    private final String target;
    private final Troubles troubles = new Troubles();
    private final List<DrillReport.Event> events = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /// @param target iSCSI name of a volume of [DrillSettings#VOLUME_BYTES] that nobody else uses: all of it may be overwritten
    public Drill(Surroundings around, DrillSettings settings, Host host, String target) {
        this.around = around;
        this.cluster = around.cluster();
        this.clock = around.clock();
        this.settings = settings;
        this.host = host;
        this.target = target;
    }

    /// Runs it. It takes as long as the settings say, and as the cluster takes.
    ///
    /// @throws DrillFailedException if it cannot be begun
    public DrillReport run() throws DrillFailedException, InterruptedException {
        List<ListedNode> nodes = cluster.nodes();
        List<HostPort> portals = portals();
        knock(portals);
        tell(
                "%d workers over %s, seed %d"
                        .formatted(
                                settings.workers(),
                                counted(portals.size(), "portal"),
                                settings.seed()));
        String started = around.wallClock().instant().toString();
        var load = new Load(settings, i -> paths(portals, i, i), troubles, clock);
        try {
            if (!load.awaitEveryone(EVENT_LIMIT)) {
                note(Kind.UNDISTURBED, "not all workers have come in.");
            }
            window(load, Kind.UNDISTURBED, owner -> owner);
            if (mayDisturb(nodes)) {
                disturb(load);
            }
        } catch (DrillFailedException e) {
            notes.add(
                    "no more events: " + e.sentence()); // what was written is verified all the same
            tell(notes.getLast());
        } finally {
            tell("stopping the load");
            load.stop();
        }
        tell("reading everything back");
        int verified;
        try (Paths fresh = paths(portals, VERIFIER, 0)) {
            verified = load.verify(fresh);
        }
        return report(started, nodes, portals, load, verified);
    }

    private void tell(String sentence) {
        around.progress().accept(sentence);
    }

    private static String counted(int count, String thing) {
        return count + " " + thing + (count == 1 ? "" : "s");
    }

    private Paths paths(List<HostPort> portals, int qualifier, int first) {
        return new Paths(
                around.dialer(),
                host.session(qualifier),
                target,
                portals,
                first,
                around.timing(),
                clock,
                troubles);
    }

    // Before the load

    /// Asks the nodes' portals where the target is. A volume that was made just now need not be known everywhere yet.
    private List<HostPort> portals() throws DrillFailedException, InterruptedException {
        String owner = awaitOwner();
        long begun = clock.nanos();
        String last;
        do {
            var why = new StringBuilder("no node has a portal");
            List<HostPort> found = discover(owner, why);
            if (!found.isEmpty()) {
                return found;
            }
            last = why.toString();
            pollPause();
        } while (clock.nanos() - begun < OWNER_LIMIT.toNanos());
        throw new DrillFailedException(
                "The drill finds no way to " + target + ": " + last + ".",
                "Run it where hosts are, and let " + host.name() + " in: cowherd acl.");
    }

    /// Asks one after the other, the owner's first.
    ///
    /// @param why is set to what went wrong last
    private List<HostPort> discover(String owner, StringBuilder why) throws DrillFailedException {
        List<ListedNode> nodes = cluster.nodes();
        List<HostPort> askable =
                Stream.concat(
                                nodes.stream().filter(node -> node.name().equals(owner)),
                                nodes.stream().filter(ListedNode::runs))
                        .flatMap(node -> node.portals().stream())
                        .distinct()
                        .toList();
        for (HostPort portal : askable) {
            why.setLength(0);
            try {
                List<HostPort> found =
                        Paths.discover(
                                around.dialer(),
                                host.session(PROBE),
                                portal,
                                target,
                                around.timing());
                if (!found.isEmpty()) {
                    return found;
                }
                why.append(portal).append(" does not show it to ").append(host.name());
            } catch (LoginRefusedException e) {
                if (e.isForGood()) {
                    throw refused(portal, e);
                }
                why.append(portal).append(": ").append(e.getMessage());
            } catch (IOException e) {
                why.append(portal).append(": ").append(e.getMessage());
            }
        }
        return List.of();
    }

    /// The node that serves the volume; who has just lost its owner gets another in some seconds.
    private String awaitOwner() throws DrillFailedException, InterruptedException {
        long begun = clock.nanos();
        while (true) {
            try {
                return cluster.owner();
            } catch (DrillFailedException e) {
                if (clock.nanos() - begun > OWNER_LIMIT.toNanos()) {
                    throw e;
                }
            }
            pollPause();
        }
    }

    /// Logs in once, so that what the rules forbid shows before the load.
    private void knock(List<HostPort> portals) throws DrillFailedException {
        IOException last = new IOException("there is no portal");
        for (int i = 0; i < portals.size(); i++) {
            try (Paths probe = paths(portals, PROBE, i)) {
                probe.logIn();
                return;
            } catch (LoginRefusedException e) {
                if (e.isForGood()) {
                    throw refused(portals.get(i), e);
                }
                last = e;
            } catch (IOException e) {
                last = e;
            }
        }
        throw new DrillFailedException(
                "The drill cannot log in to " + target + ": " + last.getMessage() + ".", "");
    }

    private DrillFailedException refused(HostPort portal, LoginRefusedException e) {
        return new DrillFailedException(
                "At %s %s for %s.".formatted(portal, e.getMessage(), host.name()),
                "Let it in (cowherd acl), and give the account that the rules ask for: --chap-user, --chap-secret-file.");
    }

    private boolean mayDisturb(List<ListedNode> nodes) {
        long up = nodes.stream().filter(ListedNode::runs).count();
        if (up < 2 && settings.moves() + settings.kills() > 0) {
            tell("There is one node, and so nobody to take over: the drill can only measure.");
            return false;
        }
        return true;
    }

    // Events

    /// What happens in a window; returns who owns the volume then.
    @FunctionalInterface
    private interface Happening {
        String happen(String owner) throws DrillFailedException, InterruptedException;
    }

    private void disturb(Load load) throws DrillFailedException, InterruptedException {
        for (int i = 0; i < settings.moves(); i++) {
            window(load, Kind.MOVE, this::move);
        }
        for (int i = 0; i < settings.kills(); i++) {
            if (!awaitRedundancy()) {
                notes.add(
                        "%d of %s were made: too few nodes are up."
                                .formatted(i, counted(settings.kills(), "kill")));
                return;
            }
            window(load, Kind.KILL, this::kill);
        }
    }

    private void window(Load load, Kind kind, Happening happening)
            throws DrillFailedException, InterruptedException {
        String started = around.wallClock().instant().toString();
        String from = awaitOwner();
        load.open();
        long begun = clock.nanos();
        String to = null;
        try {
            to = happening.happen(from);
        } catch (DrillFailedException e) {
            note(kind, e.sentence());
        }
        if (!load.awaitEveryone(EVENT_LIMIT)) {
            note(
                    kind,
                    "not all workers were served again within " + EVENT_LIMIT.toSeconds() + " s.");
        }
        double took = (clock.nanos() - begun) / NANOS_PER_MILLI;
        settle();
        StallMeter.Stalls stalls = load.close();
        var event =
                new DrillReport.Event(
                        kind,
                        started,
                        from,
                        to,
                        took,
                        stalls.ofAllNanos() / NANOS_PER_MILLI,
                        stalls.nanos().stream().map(nanos -> nanos / NANOS_PER_MILLI).toList(),
                        stalls.acknowledged());
        events.add(event);
        tell(words(event));
    }

    private void note(Kind kind, String what) {
        notes.add(words(kind) + " " + events.size() + ": " + what);
        tell(notes.getLast());
    }

    /// Lower case.
    private static String words(Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static String words(DrillReport.Event event) {
        String where =
                event.kind() == Kind.UNDISTURBED
                        ? event.from()
                        : event.from() + " to " + (event.to() == null ? "?" : event.to());
        return "%s, %s: %d commands, longest stall %.0f ms"
                .formatted(words(event.kind()), where, event.acknowledged(), event.stallMillis());
    }

    private void settle() throws InterruptedException {
        long begun = clock.nanos();
        long left = settings.settle().toNanos();
        while (left > 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            clock.pause(Duration.ofNanos(left));
            left = settings.settle().toNanos() - (clock.nanos() - begun);
        }
    }

    private String move(String owner) throws DrillFailedException {
        String next = nextOf(owner);
        cluster.move(next);
        return next;
    }

    /// The next node after the owner that takes families, in the list's order and round its end.
    private String nextOf(String owner) throws DrillFailedException {
        List<ListedNode> nodes = cluster.nodes();
        int at = 0;
        while (at < nodes.size() && !nodes.get(at).name().equals(owner)) {
            at++;
        }
        for (int i = 1; i <= nodes.size(); i++) {
            ListedNode node = nodes.get((at + i) % nodes.size());
            if (node.state() == ListedNode.State.UP && !node.name().equals(owner)) {
                return node.name();
            }
        }
        throw new DrillFailedException("there is no other node that is up", "");
    }

    /// Waits until a kill leaves a majority of the nodes; of two, until both are up.
    private boolean awaitRedundancy() throws DrillFailedException, InterruptedException {
        long begun = clock.nanos();
        boolean isTold = false;
        while (true) {
            awaitOwner(); // whoever tells of it tells of the nodes
            List<ListedNode> nodes = cluster.nodes();
            long up = nodes.stream().filter(ListedNode::runs).count();
            int needed = Math.min(nodes.size() / 2 + 1, nodes.size() - 1);
            if (up - 1 >= needed) {
                return true;
            }
            if (clock.nanos() - begun > RESTART_LIMIT.toNanos()) {
                return false;
            }
            if (!isTold) {
                isTold = true;
                tell(
                        "%d of %d nodes are up, and %d must be after a kill: start the others again (waiting %d minutes)"
                                .formatted(up, nodes.size(), needed, RESTART_LIMIT.toMinutes()));
            }
            pollPause();
        }
    }

    private String kill(String owner) throws DrillFailedException, InterruptedException {
        cluster.kill(owner);
        long begun = clock.nanos();
        boolean wasDown = false;
        while (clock.nanos() - begun < EVENT_LIMIT.toNanos()) {
            try {
                String now = cluster.owner();
                wasDown |= !runs(owner);
                if (!now.equals(owner) || (wasDown && runs(owner))) {
                    return now;
                }
            } catch (DrillFailedException _) {
                wasDown = true; // nobody serves it, or nobody answers: what we wait to be over
            }
            pollPause();
        }
        throw new DrillFailedException(
                "%s was still the owner %d s after the command that should have killed it."
                        .formatted(owner, EVENT_LIMIT.toSeconds()),
                "");
    }

    private boolean runs(String name) throws DrillFailedException {
        return cluster.nodes().stream().anyMatch(node -> node.name().equals(name) && node.runs());
    }

    private void pollPause() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        clock.pause(POLL);
    }

    // After the load

    private DrillReport report(
            String started,
            List<ListedNode> nodes,
            List<HostPort> portals,
            Load load,
            int verified) {
        boolean isGood = troubles.damageCount() == 0 && troubles.errorCount() == 0;
        return new DrillReport(
                started,
                around.wallClock().instant().toString(),
                target,
                portals.stream().map(HostPort::toString).toList(),
                nodes.stream().map(ListedNode::name).toList(),
                new DrillReport.Settings(
                        settings.moves(),
                        settings.kills(),
                        settings.settle().toMillis() / 1e3,
                        settings.workers(),
                        settings.seed()),
                events,
                Stream.of(Kind.values())
                        .filter(kind -> events.stream().anyMatch(event -> event.kind() == kind))
                        .map(kind -> DrillReport.Stalls.of(kind, events))
                        .toList(),
                load.acknowledgedWrites(),
                verified,
                troubles.changeovers(),
                troubles.damageCount(),
                troubles.damages(),
                troubles.errorCount(),
                troubles.errors(),
                notes,
                !isGood
                        ? DrillReport.Verdict.FAILED
                        : notes.isEmpty()
                                ? DrillReport.Verdict.PASSED
                                : DrillReport.Verdict.INCOMPLETE);
    }
}
