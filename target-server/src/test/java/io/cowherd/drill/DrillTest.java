package io.cowherd.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.drill.DrillReport.Verdict;
import io.cowherd.drill.initiator.Timing;
import io.cowherd.drill.initiator.Wire;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A whole drill, on one worker: with a cluster and a target that are in memory.
@Timeout(60)
class DrillTest {
    private static final List<String> NAMES = List.of("a", "b", "c");
    private final List<String> told = new ArrayList<>();
    private final FakeCluster cluster = new FakeCluster();
    private SafeDisk disk = new SafeDisk();

    /// The worker and the drill are two threads: each has its own time, so that the drill's patience does not cost the worker his.
    private static class SafeDisk extends FakeDisk {
        private final ThreadLocal<Long> nanos = ThreadLocal.withInitial(() -> 0L);

        @Override
        public long nanos() {
            return nanos.get();
        }

        @Override
        public void pause(Duration duration) {
            nanos.set(nanos.get() + duration.toNanos());
        }

        @Override
        public synchronized Wire dial(HostPort portal) throws IOException {
            return super.dial(portal);
        }
    }

    private static final class FakeCluster implements Cluster {
        final Set<String> down = new HashSet<>();
        final List<String> done = new ArrayList<>();
        int nodes = 3;
        String owner = "a";
        int questionsUntilRestart = Integer.MAX_VALUE;
        int unanswered;
        int movesUntilSilence = Integer.MAX_VALUE;

        @Override
        public List<ListedNode> nodes() {
            if (--questionsUntilRestart <= 0) {
                down.clear();
            }
            return NAMES.subList(0, nodes).stream()
                    .map(
                            name ->
                                    new ListedNode(
                                            name,
                                            down.contains(name)
                                                    ? ListedNode.State.DOWN
                                                    : ListedNode.State.UP,
                                            List.of(FakeDisk.FIRST)))
                    .toList();
        }

        @Override
        public String owner() throws DrillFailedException {
            if (unanswered > 0) {
                unanswered--;
                throw new DrillFailedException("nobody serves it", "");
            }
            return owner;
        }

        @Override
        public void move(String node) {
            done.add("move " + node);
            owner = node;
            if (--movesUntilSilence == 0) {
                unanswered = Integer.MAX_VALUE;
            }
        }

        @Override
        public void kill(String node) throws DrillFailedException {
            done.add("kill " + node);
            down.add(node);
            owner = NAMES.stream().filter(each -> !down.contains(each)).findFirst().orElse("none");
        }
    }

    private DrillReport drill(int moves, int kills)
            throws DrillFailedException, InterruptedException {
        var around =
                new Drill.Surroundings(
                        cluster, disk, Timing.DEFAULTS, disk, () -> Instant.EPOCH, told::add);
        var settings = new DrillSettings(moves, kills, Duration.ofSeconds(2), 1, 42);
        var host = new Drill.Host("iqn.2026-11.io.cowherd:drill", 1, null);
        return new Drill(around, settings, host, FakeDisk.TARGET).run();
    }

    private List<String> events(DrillReport report) {
        return report.events().stream()
                .map(event -> event.kind() + " " + event.from() + " " + event.to())
                .toList();
    }

    @Test
    void movesGoRound() throws Exception {
        DrillReport report = drill(4, 0);
        assertEquals(
                List.of("UNDISTURBED a a", "MOVE a b", "MOVE b c", "MOVE c a", "MOVE a b"),
                events(report));
        assertEquals(Verdict.PASSED, report.verdict());
        assertEquals(List.of(1, 4), report.stalls().stream().map(s -> s.events()).toList());
        assertEquals(List.of("first:3260", "second:3260"), report.portals());
        assertTrue(report.acknowledgedWrites() > 0);
        assertTrue(report.verifiedBlocks() > 0);
    }

    @Test
    void aNodeThatIsDownIsMovedNothingTo() throws Exception {
        cluster.down.add("b");
        assertEquals(List.of("UNDISTURBED a a", "MOVE a c"), events(drill(1, 0)));
    }

    /// Two of three must be left: with the next kill it waits until somebody has started the first again.
    @Test
    void aKillWaitsUntilAMajorityWillBeLeft() throws Exception {
        cluster.questionsUntilRestart = 20;
        DrillReport report = drill(0, 2);
        assertEquals(List.of("kill a", "kill b"), cluster.done);
        assertEquals(List.of("UNDISTURBED a a", "KILL a b", "KILL b a"), events(report));
        assertEquals(Verdict.PASSED, report.verdict());
        assertTrue(told.stream().anyMatch(line -> line.contains("start the others again")));
    }

    @Test
    void whoIsNotStartedAgainEndsTheKills() throws Exception {
        DrillReport report = drill(0, 2);
        assertEquals(Verdict.INCOMPLETE, report.verdict());
        assertEquals(List.of("1 of 2 kills were made: too few nodes are up."), report.notes());
    }

    @Test
    void aloneItOnlyMeasures() throws Exception {
        cluster.nodes = 1;
        DrillReport report = drill(3, 3);
        assertEquals(List.of("UNDISTURBED a a"), events(report));
        assertEquals(Verdict.PASSED, report.verdict());
        assertTrue(told.stream().anyMatch(line -> line.contains("can only measure")));
    }

    @Test
    void aVolumeWithoutOwnerIsWaitedFor() throws Exception {
        cluster.unanswered = 5;
        assertEquals(Verdict.PASSED, drill(1, 0).verdict());
    }

    /// What has been written is verified, whatever has become of the management.
    @Test
    void aManagementThatFallsSilentEndsTheEvents() throws Exception {
        cluster.movesUntilSilence = 1;
        DrillReport report = drill(3, 0);
        assertEquals(List.of("UNDISTURBED a a", "MOVE a b"), events(report));
        assertEquals(Verdict.INCOMPLETE, report.verdict());
        assertEquals(List.of("no more events: nobody serves it"), report.notes());
        assertTrue(report.verifiedBlocks() > 0);
    }

    @Test
    void aLostWriteFailsIt() throws Exception {
        disk =
                new SafeDisk() {
                    private int writes;

                    @Override
                    void write(long block, byte[] content) {
                        if (++writes != 2) {
                            super.write(block, content);
                        }
                    }
                };
        DrillReport report = drill(1, 0);
        assertEquals(Verdict.FAILED, report.verdict());
        assertEquals(1, report.damagedBlocks());
    }

    @Test
    void anErrorThatHostsWouldHaveSeenFailsIt() throws Exception {
        var isTold = new AtomicBoolean();
        disk =
                new SafeDisk() {
                    @Override
                    int refusal() {
                        return isTold.getAndSet(true) ? 0 : 0x04_4400;
                    }
                };
        DrillReport report = drill(0, 0);
        assertEquals(Verdict.FAILED, report.verdict());
        assertEquals(1, report.ioErrors());
    }

    @Test
    void whoMayNotLogInIsToldBeforeTheLoad() {
        disk =
                new SafeDisk() {
                    private int logins;

                    @Override
                    String loginAnswer(HostPort portal) {
                        return ++logins == 1 ? "0" : "0202"; // discovery, then the target
                    }
                };
        var failed = assertThrows(DrillFailedException.class, () -> drill(1, 0));
        assertTrue(failed.sentence().contains("0202"), failed.sentence());
        assertTrue(failed.correction().contains("cowherd acl"), failed.correction());
    }
}
