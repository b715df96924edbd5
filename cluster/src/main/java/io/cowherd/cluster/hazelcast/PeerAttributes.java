package io.cowherd.cluster.hazelcast;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.MemberAttributeConfig;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.member.Peer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a node says of itself, as attributes of its Hazelcast member. Names and meaning stay, for rolling upgrades.
final class PeerAttributes {
    private static final String NODE = "cowherd.node";
    private static final String INSTANCE = "cowherd.instance";
    private static final String WITNESS = "cowherd.witness";
    private static final String VERSION = "cowherd.version";
    private static final String FORMAT = "cowherd.format";
    private static final String OLDEST_FORMAT = "cowherd.format.oldest";
    private static final String PORTALS = "cowherd.portals";
    private static final String MANAGEMENT = "cowherd.management";
    private static final String FORWARDING = "cowherd.forwarding";

    private PeerAttributes() {}

    static MemberAttributeConfig of(Peer peer, String instance) {
        var attributes = new MemberAttributeConfig();
        attributes.setAttribute(NODE, peer.node().name());
        attributes.setAttribute(INSTANCE, instance);
        attributes.setAttribute(WITNESS, Boolean.toString(peer.witness()));
        attributes.setAttribute(VERSION, peer.productVersion());
        attributes.setAttribute(FORMAT, Integer.toString(peer.format()));
        attributes.setAttribute(OLDEST_FORMAT, Integer.toString(peer.oldestFormat()));
        attributes.setAttribute(PORTALS, String.join(" ", peer.portals()));
        attributes.setAttribute(MANAGEMENT, peer.management());
        attributes.setAttribute(FORWARDING, peer.forwarding());
        return attributes;
    }

    /// Empty if the member is not one of ours, or says what nobody can read.
    static Optional<Peer> peer(Member member) {
        try {
            String portals = text(member, PORTALS);
            return Optional.of(
                    new Peer(
                            new NodeId(text(member, NODE)),
                            Boolean.parseBoolean(text(member, WITNESS)),
                            text(member, VERSION),
                            Integer.parseInt(text(member, FORMAT)),
                            Integer.parseInt(text(member, OLDEST_FORMAT)),
                            portals.isEmpty() ? List.of() : List.of(portals.split(" ")),
                            text(member, MANAGEMENT),
                            text(member, FORWARDING)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// The name of the member's process, by which its session is known.
    static String instance(Member member) {
        return text(member, INSTANCE);
    }

    private static String text(Member member, String name) {
        @Nullable String value = member.getAttribute(name);
        return value == null ? "" : value;
    }
}
