package io.cowherd.forward;

import io.cowherd.admission.RefusalLog;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.ScsiTarget;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A target that another node owns: its nexuses live there, and commands travel to it. This node judges nothing and executes
/// nothing; without an owner hosts are told to try again.
///
/// **Threading.** *Thread-safe: what is known of the owner is one volatile reference.*
public final class ForwardedTarget implements ScsiTarget {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardedTarget.class);
    private static final int LINES_PER_MINUTE = 5;

    // Immutable
    private final String name;
    private final OwnerLookup lookup;
    private final ForwardSettings settings;
    private final ForwardTransport transport;
    private final RefusalLog log;

    // Any thread
    private volatile LunFacts facts = new LunFacts(0, Map.of());

    /// A target elsewhere.
    ///
    /// @param name iSCSI name of the target
    /// @param lookup who owns it
    public ForwardedTarget(
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

    /// Opens a nexus at the owner as soon as there is one. Its first commands wait for that, as those do that come while the
    /// owner changes.
    @Override
    public Nexus open(String initiatorPort, int relativeTargetPort, Executor loop) {
        return new ForwardedNexus(this, initiatorPort, relativeTargetPort, loop);
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
            OwnerLookup.Owner owner, OwnerConnection.Listener listener, Executor home) {
        return OwnerConnection.to(owner.address(), settings, transport, listener, home, log);
    }

    /// Runs something later, on a thread that must not be kept.
    void after(long millis, Runnable action) {
        var _ = transport.loops().next().schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    LunFacts facts() {
        return facts;
    }

    void learn(LunFacts now) {
        facts = now;
    }
}
