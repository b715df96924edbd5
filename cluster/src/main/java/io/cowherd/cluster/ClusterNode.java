package io.cowherd.cluster;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// One node: its lease, its part in each family, and what it knows of the others.
///
/// Every node decides for itself what it tries for (`Placement`, from `ClusterView`); the election says who may, the storage
/// who does. So a wrong view costs a try, and nothing else.
///
/// **Threading.** *Confined to the node's thread, on which the ports answer.*
public final class ClusterNode {
    /// How many times `retryAfter` a node waits that could not become the owner.
    private static final int TIRED = 3;

    private final NodeId self;
    private final ClusterTimes times;
    private final LongSupplier nanos;
    private final Elections elections;
    private final FamilyOwnership.Ports ports;
    private final Lease lease;
    private final ClusterView view;
    private final Map<UUID, FamilyOwnership> families = new TreeMap<>();

    /// Since when nobody has a family, as far as is known here.
    private final Map<UUID, Long> orphanSince = new HashMap<>();

    /// Not before then is a family tried for again.
    private final Map<UUID, Long> notBefore = new HashMap<>();

    /// Nor a family that was handed over, unless it is offered back.
    private final Map<UUID, Long> givenAway = new HashMap<>();

    private final Map<UUID, Offer> offers = new HashMap<>();
    private final Set<UUID> pinned = new TreeSet<>();
    private final long startedAt;

    private boolean drained;
    private boolean stopping;
    private long sequence;
    private long announceAt;
    private Map<UUID, Long> announcedHeld = Map.of();

    private record Offer(NodeId to, boolean pin, long until) {}

    /// @param firstSequence above every announcement of an earlier process of this node, such as the time in milliseconds;
    ///     if the clock has gone back, the others do not hear this node until they have forgotten the former one
    /// @param nanos a monotonic clock; the one of the threads that write
    public ClusterNode(
            NodeId self,
            ClusterTimes times,
            Elections elections,
            Storage storage,
            Service service,
            long firstSequence,
            LongSupplier nanos) {
        this.self = self;
        this.times = times;
        this.nanos = nanos;
        this.elections = elections;
        this.startedAt = nanos.getAsLong();
        this.lease = new Lease(times.lease(), startedAt);
        this.view = new ClusterView(self, times, startedAt);
        this.ports = new FamilyOwnership.Ports(elections, storage, service, view::isHeard);
        this.sequence = firstSequence;
        this.announceAt = startedAt;
    }

    /// What stands in the catalogs now; families that are there no more are let go once they are not held.
    public void families(Set<UUID> known) {
        for (UUID family : known) {
            families.computeIfAbsent(
                    family, it -> new FamilyOwnership(it, self, times, ports, lease, nanos));
        }
        families.entrySet()
                .removeIf(it -> !known.contains(it.getKey()) && !it.getValue().state().isHeld());
    }

    /// A family is about to be made here: this node has to be elected for it before anybody can know it.
    ///
    /// @param family its new identity
    /// @param answer takes the fence of what is written for it, after which `created` or `notCreated` has to follow, or
    ///     nothing; says whether anybody was still waiting
    public void create(UUID family, Predicate<Optional<OwnerFence>> answer) {
        if (drained || !elections.isReady()) {
            var _ = answer.test(Optional.empty());
            return;
        }
        families.computeIfAbsent(
                        family, it -> new FamilyOwnership(it, self, times, ports, lease, nanos))
                .create(answer);
    }

    /// The family is there, locked on the storage with this epoch, and open.
    public void created(UUID family, long epoch) {
        FamilyOwnership ours = families.get(family);
        if (ours != null) {
            ours.created(epoch);
        }
    }

    /// It was not made after all.
    public void notCreated(UUID family) {
        FamilyOwnership ours = families.get(family);
        if (ours != null) {
            ours.notCreated();
        }
    }

    /// A family that was served here is gone: from the catalog, closed and unlocked.
    public void removed(UUID family) {
        FamilyOwnership ours = families.get(family);
        if (ours != null) {
            ours.removed();
        }
    }

    /// The election has confirmed this node's session.
    ///
    /// @param from when the call was started that confirmed it, on the clock of this node
    public void sessionConfirmed(long from) {
        lease.renew(from);
        families.values().forEach(family -> family.tick(nanos.getAsLong()));
    }

    /// The election has ended this node's session: its locks may be another's at once.
    public void sessionLost(String why) {
        lease.end(nanos.getAsLong());
        families.values().forEach(family -> family.lose(why));
    }

    /// A node, this one included, has told something.
    public void heard(Announcement said) {
        if (!said.node().equals(self) && view.heard(said, nanos.getAsLong())) {
            place(nanos.getAsLong());
        }
    }

    /// A node is gone, as far as the election knows.
    public void left(NodeId node) {
        view.left(node, nanos.getAsLong());
        place(nanos.getAsLong());
    }

    /// Deadlines, announcements, placement; every 100 ms or so.
    public void tick() {
        long now = nanos.getAsLong();
        for (FamilyOwnership family : List.copyOf(families.values())) {
            family.tick(now);
        }
        view.forget(now);
        offers.entrySet().removeIf(offer -> isOver(offer.getKey(), offer.getValue(), now));
        place(now);
        announce(now);
    }

    /// Taken up, refused, or not possible in time.
    private boolean isOver(UUID family, Offer offer, long now) {
        FamilyOwnership ours = families.get(family);
        boolean away = ours == null || !ours.state().isHeld();
        return now - offer.until() >= 0
                || (away && view.held().contains(family))
                || (ours != null && away && now - ours.since() > times.offerFor().toNanos());
    }

    /// Hands a family to another node, where it then stays until an operator or a failure moves it.
    ///
    /// @return why not
    public Optional<String> move(UUID family, NodeId to) {
        FamilyOwnership ours = families.get(family);
        if (ours == null || !(ours.state() instanceof OwnershipState.Serving)) {
            return Optional.of("it is not served by node " + self + "; ask its owner");
        }
        if (to.equals(self)) {
            pinned.add(family);
            return Optional.empty();
        }
        Announcement there = view.announcements().get(to);
        if (there == null || there.drained()) {
            return Optional.of(
                    "node "
                            + to
                            + (there == null
                                    ? " is not there; choose one that `nodes` lists"
                                    : " is drained; undrain it first"));
        }
        handOver(family, Optional.of(to), true);
        return Optional.empty();
    }

    /// Gives all families to others and takes none, until `undrain` or a restart. What nobody else can take stays.
    public void drain() {
        drained = true;
        announceAt = nanos.getAsLong();
    }

    /// Takes families again.
    public void undrain() {
        drained = false;
        announceAt = nanos.getAsLong();
    }

    /// Gives everything back in order, whether or not anybody is there to take it. Over when `holdsNothing`.
    public void stop() {
        drained = true;
        stopping = true;
        tick();
    }

    /// Whether no family, nor a lock of one, is here.
    public boolean holdsNothing() {
        return families.values().stream().noneMatch(family -> family.state().isHeld());
    }

    /// Whether anything of this node may be under way to the storage, in any family.
    public boolean mayWrite() {
        return families.values().stream().anyMatch(family -> family.state().mayWrite());
    }

    /// The part of this node in each family.
    public Map<UUID, OwnershipState> states() {
        var states = new TreeMap<UUID, OwnershipState>();
        families.forEach((family, ownership) -> states.put(family, ownership.state()));
        return states;
    }

    /// Who serves a family, as far as is known here.
    public Optional<NodeId> owner(UUID family) {
        FamilyOwnership ours = families.get(family);
        return ours != null && ours.state() instanceof OwnershipState.Serving
                ? Optional.of(self)
                : view.owner(family);
    }

    /// All nodes that are there, with what they say of themselves; this one too.
    public Map<NodeId, Announcement> nodes() {
        var nodes = new TreeMap<>(view.announcements());
        nodes.put(self, announcement());
        return nodes;
    }

    /// Whether this node may write, as far as time goes.
    public Lease lease() {
        return lease;
    }

    private void place(long now) {
        if (stopping) {
            families.forEach((family, _) -> handOver(family, Optional.empty(), false));
        } else if (drained) {
            giveAll();
        } else if (elections.isReady() && now - startedAt > 2 * times.announceEvery().toNanos()) {
            // Before, this node has not heard the others.
            takeOrphans(now);
            balance(now);
        }
    }

    private void giveAll() {
        Map<NodeId, Integer> loads = new HashMap<>();
        view.announcements().values().stream()
                .filter(said -> !said.drained())
                .forEach(said -> loads.put(said.node(), said.load()));
        Set<UUID> served = served();
        Placement.takers(served, loads)
                .forEach(
                        (family, takers) ->
                                takers.stream()
                                        .findFirst()
                                        .ifPresent(to -> handOver(family, Optional.of(to), false)));
    }

    private Set<UUID> served() {
        var served = new TreeSet<UUID>();
        families.forEach(
                (family, ownership) -> {
                    if (ownership.state() instanceof OwnershipState.Serving) {
                        served.add(family);
                    }
                });
        return served;
    }

    private void handOver(UUID family, Optional<NodeId> to, boolean pin) {
        FamilyOwnership ours = families.get(family);
        if (ours == null || !(ours.state() instanceof OwnershipState.Serving)) {
            return;
        }
        long now = nanos.getAsLong();
        long until = now + 2 * times.drainLimit().toNanos() + times.offerFor().toNanos();
        to.ifPresent(it -> offers.put(family, new Offer(it, pin, until)));
        pinned.remove(family);
        notBefore.remove(family);
        givenAway.put(family, now + times.offerFor().toNanos());
        ours.handOver(to);
        announce(now);
    }

    private void takeOrphans(long now) {
        Set<UUID> orphans = new TreeSet<>(families.keySet());
        orphans.removeAll(view.held());
        orphans.removeIf(
                family -> {
                    FamilyOwnership ours = families.get(family);
                    return ours == null || ours.state().isHeld();
                });
        orphanSince.keySet().retainAll(orphans);
        Map<UUID, List<NodeId>> takers = Placement.takers(orphans, loads());
        for (UUID family : orphans) {
            long since = orphanSince.computeIfAbsent(family, _ -> now);
            boolean mayTry =
                    now - notBefore.getOrDefault(family, since) >= 0
                            && (now - givenAway.getOrDefault(family, since) >= 0
                                    || isOfferedHere(family))
                            && !isTired(family, now);
            if (mayTry
                    && now - since >= headStart(family, takers.getOrDefault(family, List.of()))) {
                notBefore.put(family, now + times.retryAfter().toNanos());
                acquire(family);
            }
        }
    }

    private boolean isOfferedHere(UUID family) {
        return view.offeredTo(family).filter(self::equals).isPresent();
    }

    /// Where this node could not become the owner, others get the chance first.
    private boolean isTired(UUID family, long now) {
        FamilyOwnership ours = families.get(family);
        return ours != null
                && ours.state() instanceof OwnershipState.Unavailable
                && now - ours.since() < TIRED * times.retryAfter().toNanos();
    }

    /// How long others get the chance first.
    private long headStart(UUID family, List<NodeId> takers) {
        Optional<NodeId> offered = view.offeredTo(family);
        if (offered.isPresent()) {
            return offered.get().equals(self) ? 0 : times.offerFor().toNanos();
        }
        return Math.max(0, takers.indexOf(self)) * times.rankDelay().toNanos();
    }

    private void acquire(UUID family) {
        FamilyOwnership ours = families.get(family);
        if (ours != null) {
            if (view.pinnedTo(family).filter(self::equals).isPresent()) {
                pinned.add(family);
            } else {
                pinned.remove(family);
            }
            ours.acquire();
            announce(nanos.getAsLong());
        }
    }

    private Map<NodeId, Integer> loads() {
        var loads = new HashMap<NodeId, Integer>();
        nodes().values().stream()
                .filter(said -> !said.drained())
                .forEach(said -> loads.put(said.node(), said.load()));
        return loads;
    }

    private void balance(long now) {
        boolean quiet =
                families.values().stream()
                        .map(FamilyOwnership::state)
                        .allMatch(
                                state ->
                                        state instanceof OwnershipState.Serving || !state.isHeld());
        if (!quiet || !view.isSettled(now) || !orphanSince.isEmpty() || !offers.isEmpty()) {
            return;
        }
        var held = new TreeMap<NodeId, Set<UUID>>(Comparator.naturalOrder());
        nodes().values().stream()
                .filter(said -> !said.drained())
                .forEach(said -> held.put(said.node(), said.held().keySet()));
        Placement.balance(held, pinned)
                .filter(move -> move.from().equals(self))
                .ifPresent(move -> handOver(move.family(), Optional.of(move.to()), false));
    }

    private Announcement announcement() {
        var held = new TreeMap<UUID, Long>();
        families.forEach(
                (family, ownership) -> {
                    switch (ownership.state()) {
                        case OwnershipState.Serving(long epoch) -> held.put(family, epoch);
                        case OwnershipState.Draining(long epoch) -> held.put(family, epoch);
                        case OwnershipState.Closing(long epoch) -> held.put(family, epoch);
                        case OwnershipState.Elsewhere _,
                                OwnershipState.Electing _,
                                OwnershipState.Unavailable _ -> {}
                        case OwnershipState.Creating _,
                                OwnershipState.Locking _,
                                OwnershipState.Raising _,
                                OwnershipState.Opening _,
                                OwnershipState.Losing _,
                                OwnershipState.Releasing _ ->
                                held.put(family, 0L);
                    }
                });
        var offered = new TreeMap<UUID, Announcement.Offer>();
        offers.forEach(
                (family, offer) ->
                        offered.put(family, new Announcement.Offer(offer.to(), offer.pin())));
        return new Announcement(self, sequence, drained, held, offered);
    }

    /// At once if something has changed, and every now and then for those who have not heard it.
    private void announce(long now) {
        Announcement said = announcement();
        if (now - announceAt >= 0 || !said.held().equals(announcedHeld)) {
            sequence++;
            announceAt = now + times.announceEvery().toNanos();
            announcedHeld = said.held();
            elections.announce(announcement());
        }
    }
}
