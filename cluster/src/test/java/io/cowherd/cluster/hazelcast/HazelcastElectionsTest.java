package io.cowherd.cluster.hazelcast;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnershipState;
import io.cowherd.cluster.member.ClusterMember;
import io.cowherd.cluster.member.IncompatiblePeerException;
import io.cowherd.cluster.member.Peer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Three members in this process. Members of it share nothing but 127.0.0.1.
class HazelcastElectionsTest {
    private static final String SECRET = "a secret of the tests";
    private static final int NODES = 3;

    /// Members find each other in some seconds on an idle machine, and this one may be busy.
    private static final Duration FORMATION = Duration.ofSeconds(90);

    /// Session TTL 10 s, and what a busy machine takes.
    private static final Duration TAKEOVER = Duration.ofSeconds(30);

    private final SharedMemory storage = new SharedMemory();
    private final Map<NodeId, ClusterMember> members = new TreeMap<>();
    private final Map<NodeId, HazelcastElections> elections = new TreeMap<>();
    private final List<Integer> ports = freePorts();
    private final Set<UUID> families =
            Set.of(new UUID(1, 1), new UUID(1, 2), new UUID(1, 3), new UUID(1, 4));

    @AfterEach
    void everybodyLeaves() {
        members.values().forEach(ClusterMember::close);
    }

    private static List<Integer> freePorts() {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i <= NODES; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            List<Integer> free = sockets.stream().map(ServerSocket::getLocalPort).toList();
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return free;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static NodeId node(int index) {
        return new NodeId("node-" + index);
    }

    private HazelcastSettings settings(int index, String secret, int format) {
        List<String> addresses = ports.stream().map(port -> "127.0.0.1:" + port).toList();
        var peer =
                new Peer(
                        node(index),
                        false,
                        "0.1." + format,
                        format,
                        format,
                        List.of("127.0.0.1:3260"),
                        "http://127.0.0.1:8080",
                        "");
        return new HazelcastSettings(
                "test", secret, "127.0.0.1", ports.get(index), addresses, peer);
    }

    private HazelcastElections join(int index) {
        try {
            return HazelcastElections.join(settings(index, SECRET, 1));
        } catch (IncompatiblePeerException e) {
            throw new AssertionError(e);
        }
    }

    private void start(int index) {
        HazelcastElections joined = join(index);
        elections.put(node(index), joined);
        ClusterMember member =
                ClusterMember.start(
                        node(index),
                        ClusterTimes.DEFAULTS,
                        joined,
                        thread -> storage.storage(node(index), thread),
                        storage::service);
        member.families(families);
        members.put(node(index), member);
    }

    private void startAll() {
        List<CompletableFuture<HazelcastElections>> joining = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            int index = i;
            joining.add(
                    CompletableFuture.supplyAsync(
                            () -> join(index), task -> new Thread(task).start()));
        }
        for (int i = 0; i < NODES; i++) {
            NodeId self = node(i);
            HazelcastElections joined = joining.get(i).join();
            elections.put(self, joined);
            ClusterMember member =
                    ClusterMember.start(
                            self,
                            ClusterTimes.DEFAULTS,
                            joined,
                            thread -> storage.storage(self, thread),
                            storage::service);
            member.families(families);
            members.put(self, member);
        }
        await("all families are served", FORMATION, this::allAreServed);
    }

    /// As a process dies: nothing is given back, and its locks on the storage are free.
    private void kill(NodeId node) {
        requireNonNull(members.remove(node)).close();
        elections.remove(node);
        storage.died(node);
    }

    private Optional<NodeId> owner(UUID family) {
        return members.keySet().stream().filter(node -> storage.isServedBy(family, node)).findAny();
    }

    private boolean allAreServed() {
        return families.stream().allMatch(family -> owner(family).isPresent());
    }

    private boolean isQuiet() {
        return members.values().stream()
                .flatMap(member -> member.states().values().stream())
                .allMatch(state -> state instanceof OwnershipState.Serving || !state.isHeld());
    }

    private long epoch(UUID family) {
        return requireNonNull(storage.epoch(family)).number();
    }

    private void await(String what, Duration limit, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, () -> missed(what, limit));
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    private String missed(String what, Duration limit) {
        var states = new StringBuilder("within " + limit + ": " + what);
        members.forEach(
                (node, member) ->
                        states.append("; " + node + member.states() + " hears " + member.nodes()));
        return states.toString();
    }

    @Test
    void familiesAreSpreadAndMovedAndANodeThatDiesIsReplacedAndComesBack() {
        startAll();
        UUID moved = new UUID(1, 1);
        NodeId from = owner(moved).orElseThrow();
        NodeId to =
                members.keySet().stream()
                        .filter(node -> !node.equals(from))
                        .findFirst()
                        .orElseThrow();
        // Who was still trying for it would be faster than who it is offered to.
        await("nobody tries for anything", TAKEOVER, this::isQuiet);
        long before = epoch(moved);
        await(
                "the others are heard",
                TAKEOVER,
                () -> requireNonNull(members.get(from)).nodes().containsKey(to));
        assertEquals(Optional.empty(), requireNonNull(members.get(from)).move(moved, to));
        await("the family is moved", TAKEOVER, () -> owner(moved).equals(Optional.of(to)));
        assertEquals(before + 1, epoch(moved));

        kill(to);
        await("its families are taken over", TAKEOVER, this::allAreServed);
        assertTrue(epoch(moved) > before + 1);

        start(Integer.parseInt(to.name().substring("node-".length())));
        HazelcastElections back = requireNonNull(elections.get(to));
        await("it votes again", FORMATION, back::isVoter);
        await("it is heard", TAKEOVER, () -> back.peers().size() == NODES);
    }

    @Test
    void aFamilyIsMadeByWhoIsElectedForIt() {
        startAll();
        UUID made = new UUID(2, 1);
        NodeId self = node(1);
        ClusterMember member = requireNonNull(members.get(self));
        var fence = member.create(made).orElseThrow();
        assertTrue(fence.stands());
        assertEquals(
                Optional.empty(),
                requireNonNull(members.get(node(2))).create(made),
                "one at a time");
        storage.made(made, self, fence);
        member.created(made, 1);
        await("it is served", TAKEOVER, () -> member.owner(made).equals(Optional.of(self)));
        member.removed(made);
        await("it is let go", TAKEOVER, () -> !fence.stands());
        var again = requireNonNull(members.get(node(2))).create(new UUID(2, 2)).orElseThrow();
        requireNonNull(members.get(node(2))).notCreated(new UUID(2, 2));
        await("it is given back", TAKEOVER, () -> !again.stands());
    }

    /// It is told by its next heartbeat, stops, and the family has a new epoch: here or elsewhere.
    @Test
    void whoseSessionIsEndedLetsGoThoughItIsAlive() throws InterruptedException {
        startAll();
        await("nobody tries for anything", TAKEOVER, this::isQuiet);
        UUID family = new UUID(1, 2);
        NodeId owner = owner(family).orElseThrow();
        NodeId other = owner.equals(node(0)) ? node(1) : node(0);
        long before = epoch(family);
        requireNonNull(elections.get(other)).endSessionsOf(requireNonNull(elections.get(owner)));
        await("it is owned anew", TAKEOVER, () -> epoch(family) > before);
        await("all families are served", TAKEOVER, this::allAreServed);
    }

    @Test
    void whoIsLeftAloneStopsWriting() {
        startAll();
        NodeId last = node(2);
        kill(node(0));
        kill(node(1));
        await(
                "the one that is left serves nothing",
                TAKEOVER,
                () -> families.stream().noneMatch(family -> storage.isServedBy(family, last)));
    }

    @Test
    void whoDoesNotFitIsSentAwayByName() {
        start(0);
        var refused =
                assertThrows(
                        IncompatiblePeerException.class,
                        () -> HazelcastElections.join(settings(1, SECRET, 2)).close());
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains("node-0") && message.contains("node-1"), message);
        assertTrue(message.contains("0.1.2") && message.contains("formats 2 to 2"), message);
    }

    @Test
    void whoDoesNotKnowTheSecretSeesNobody() throws IncompatiblePeerException {
        start(0);
        try (var stranger =
                HazelcastElections.join(settings(1, "another secret, a wrong one", 1))) {
            assertEquals(List.of(node(1)), stranger.peers().stream().map(Peer::node).toList());
            assertEquals(
                    List.of(node(0)),
                    requireNonNull(elections.get(node(0))).peers().stream()
                            .map(Peer::node)
                            .toList());
        }
    }
}
