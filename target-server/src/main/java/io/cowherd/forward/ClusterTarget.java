package io.cowherd.forward;

import io.cowherd.admission.RefusalLog;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.ScsiTarget;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A target of a cluster, wherever it is: at this node, at another one, or between two. Its nexuses change over when it moves,
/// and no host's session has to end for that. What is here costs one look at a field more than without a cluster; what is
/// elsewhere is judged and executed there, and nothing is here.
///
/// **Threading.** *Thread-safe: a concurrent set of nexuses, each of which is only ever touched by posting to its event loop.*
public final class ClusterTarget implements ScsiTarget {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterTarget.class);
    private static final int LINES_PER_MINUTE = 5;

    // Immutable
    private final String name;
    private final OwnerLookup lookup;
    private final ForwardSettings settings;
    private final ForwardTransport transport;
    private final RefusalLog log;

    // Any thread
    private final Set<ClusterNexus> nexuses = ConcurrentHashMap.newKeySet();
    private volatile LunFacts facts = new LunFacts(0, Map.of());

    /// A target, of which `lookup` knows where it is.
    ///
    /// @param name iSCSI name of the target
    public ClusterTarget(
            String name, OwnerLookup lookup, ForwardSettings settings, ForwardTransport transport) {
        this.name = name;
        this.lookup = lookup;
        this.settings = settings;
        this.transport = transport;
        this.log =
                new RefusalLog(
                        LOG::warn,
                        this::after,
                        LINES_PER_MINUTE,
                        "%d more connections of " + name + " to its owner have failed");
    }

    /// Opens a nexus where the target is, at once or as soon as it is somewhere. Commands wait for that, as they do while the
    /// owner changes.
    @Override
    public Nexus open(String initiatorPort, int relativeTargetPort, Executor loop) {
        var nexus = new ClusterNexus(this, initiatorPort, relativeTargetPort, loop);
        nexuses.add(nexus);
        nexus.open();
        return nexus;
    }

    /// The lookup has another answer than before: nexuses change over, those that are idle as well. Any thread.
    ///
    /// @return completes when no nexus of this target is at this node's device any more, or those that are may be
    public CompletionStage<Void> ownerChanged() {
        return CompletableFuture.allOf(
                nexuses.stream().map(ClusterNexus::ownerChanged).toArray(CompletableFuture[]::new));
    }

    String name() {
        return name;
    }

    ForwardSettings settings() {
        return settings;
    }

    OwnerLookup.Answer owner() {
        return lookup.find(name);
    }

    OwnerConnection connect(
            OwnerLookup.Remote owner, OwnerConnection.Listener listener, Executor home) {
        return OwnerConnection.to(owner.address(), settings, transport, listener, home, log);
    }

    /// Runs something later, on a thread that must not be kept.
    void after(long millis, Runnable action) {
        var _ = transport.loops().next().schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    void ended(ClusterNexus nexus) {
        nexuses.remove(nexus);
    }

    LunFacts facts() {
        return facts;
    }

    void learn(LunFacts now) {
        facts = now;
    }

    /// Learns what there was to be known here, before it moves away.
    void learn(OwnerLookup.Here here) {
        Map<Integer, Integer> blockSizes = here.blockSizes().get();
        if (!blockSizes.isEmpty()) {
            facts = new LunFacts(settings.maxTransferBytes(), blockSizes);
        }
    }
}
