package io.cowherd.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// What a node has heard of the others lately. Advice only: see `Announcement`.
///
/// **Threading.** *Confined to the node's thread.*
final class ClusterView {
    private record Heard(Announcement said, long at) {}

    private record Offer(Announcement.Offer offer, long until) {}

    private final NodeId self;
    private final ClusterTimes times;
    private final Map<NodeId, Heard> nodes = new TreeMap<>();
    private final Map<UUID, Offer> offers = new HashMap<>();

    /// When a node came or went last.
    private long changedAt;

    ClusterView(NodeId self, ClusterTimes times, long now) {
        this.self = self;
        this.times = times;
        this.changedAt = now;
    }

    /// Whether this was news.
    boolean heard(Announcement said, long now) {
        Heard before = nodes.get(said.node());
        if (before != null && before.said().sequence() >= said.sequence()) {
            return false;
        }
        nodes.put(said.node(), new Heard(said, now));
        if (before == null || before.said().drained() != said.drained()) {
            changedAt = now;
        }
        long until = now + times.offerFor().toNanos();
        said.offers().forEach((family, offer) -> offers.put(family, new Offer(offer, until)));
        return true;
    }

    void left(NodeId node, long now) {
        if (nodes.remove(node) != null) {
            changedAt = now;
        }
    }

    /// Forgets who has been silent for too long, and offers that nobody took up.
    void forget(long now) {
        boolean gone =
                nodes.values().removeIf(heard -> now - heard.at() > times.silentAfter().toNanos());
        if (gone) {
            changedAt = now;
        }
        offers.values()
                .removeIf(
                        offer ->
                                now - offer.until() >= 0
                                        || (!offer.offer().to().equals(self)
                                                && !isHeard(offer.offer().to())));
    }

    /// Whether the same nodes have been there for long enough to move families for balance.
    boolean isSettled(long now) {
        return now - changedAt > times.balanceAfter().toNanos();
    }

    boolean isHeard(NodeId node) {
        return nodes.containsKey(node);
    }

    Map<NodeId, Announcement> announcements() {
        var said = new TreeMap<NodeId, Announcement>();
        nodes.forEach((node, heard) -> said.put(node, heard.said()));
        return said;
    }

    /// The families that somebody has or tries for.
    Set<UUID> held() {
        var held = new TreeSet<UUID>();
        nodes.values().forEach(heard -> held.addAll(heard.said().held().keySet()));
        return held;
    }

    /// Who serves a family; of several that say so the newest epoch counts.
    Optional<NodeId> owner(UUID family) {
        Optional<NodeId> owner = Optional.empty();
        long newest = 0;
        for (Heard heard : nodes.values()) {
            long epoch = heard.said().held().getOrDefault(family, 0L);
            if (epoch > newest) {
                newest = epoch;
                owner = Optional.of(heard.said().node());
            }
        }
        return owner;
    }

    /// For whom a family is kept.
    Optional<NodeId> offeredTo(UUID family) {
        return Optional.ofNullable(offers.get(family))
                .map(Offer::offer)
                .map(Announcement.Offer::to);
    }

    /// Where an operator wants a family, of those that are on their way.
    Optional<NodeId> pinnedTo(UUID family) {
        return Optional.ofNullable(offers.get(family))
                .map(Offer::offer)
                .filter(Announcement.Offer::pin)
                .map(Announcement.Offer::to);
    }
}
