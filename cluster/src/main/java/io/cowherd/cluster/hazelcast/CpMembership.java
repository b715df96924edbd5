package io.cowherd.cluster.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPMember;
import com.hazelcast.cp.CPSubsystemManagementService;
import com.hazelcast.cp.session.CPSession;
import com.hazelcast.cp.session.CPSessionManagementService;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the three CP members complete. A process that was restarted is no CP member, though it has the address of one:
/// its dead former self has to be removed, by its UUID, and it has to be promoted. One that stays away is replaced as soon as
/// there is somebody to replace it.
///
/// **Threading.** *Confined to the thread of* `HazelcastElections` *for slow work*; its calls may take seconds.
final class CpMembership {
    /// The group that unnamed locks are in.
    static final String GROUP = "default";

    private static final Logger LOG = LoggerFactory.getLogger(CpMembership.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

    /// How often ending the sessions of a dead member is tried: a new leader may have to be elected first.
    private static final int CLOSE_ATTEMPTS = 20;

    private static final Duration CLOSE_RETRY = Duration.ofMillis(300);

    private final HazelcastInstance hazelcast;
    private final CPSubsystemManagementService members;
    private final CPSessionManagementService sessions;

    private final Set<UUID> gone = ConcurrentHashMap.newKeySet();
    private volatile List<CPMember> known = List.of();

    CpMembership(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
        this.members = hazelcast.getCPSubsystem().getCPSubsystemManagementService();
        this.sessions = hazelcast.getCPSubsystem().getCPSessionManagementService();
    }

    boolean isDiscovered() {
        return members.isDiscoveryCompleted();
    }

    /// Where the CP members are that vote, as of the last second. A process that was restarted has the address of one that is
    /// gone, and no vote: who is known to be gone does not count.
    Set<Address> voters() {
        return known.stream()
                .filter(member -> !gone.contains(member.getUuid()))
                .map(CPMember::getAddress)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// The process at that address has ended.
    void left(Address address) {
        known.stream()
                .filter(member -> member.getAddress().equals(address))
                .forEach(member -> gone.add(member.getUuid()));
    }

    boolean isVoter() {
        return members.getLocalCPMember() != null;
    }

    /// Removes who is gone for good and promotes this node if one is missing.
    void mend() throws InterruptedException {
        if (!members.isDiscoveryCompleted()) {
            return;
        }
        try {
            Collection<CPMember> now = await(members.getCPMembers());
            known = List.copyOf(now);
            gone.retainAll(now.stream().map(CPMember::getUuid).collect(Collectors.toSet()));
            for (CPMember member : now) {
                if (isFormerSelf(member) || (isOldest() && isReplaceable(member, now))) {
                    LOG.info("CP member {} is gone; removing it", member);
                    await(members.removeCPMember(member.getUuid()));
                    return;
                }
            }
            if (members.getLocalCPMember() == null && now.size() < MemberConfiguration.CP_MEMBERS) {
                LOG.info("{} CP members are left; joining them", now.size());
                await(members.promoteToCPMember());
            }
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("the CP members could not be completed; trying again: {}", e.toString());
        }
    }

    private boolean isFormerSelf(CPMember member) {
        Member self = hazelcast.getCluster().getLocalMember();
        @Nullable CPMember local = members.getLocalCPMember();
        return member.getAddress().equals(self.getAddress())
                && (local == null || !local.getUuid().equals(member.getUuid()));
    }

    private boolean isOldest() {
        return hazelcast.getCluster().getMembers().iterator().next().localMember();
    }

    /// Whether a member has left the cluster, and another is there that is none yet.
    private boolean isReplaceable(CPMember member, Collection<CPMember> all) {
        Set<Member> there = hazelcast.getCluster().getMembers();
        boolean gone = there.stream().noneMatch(it -> it.getAddress().equals(member.getAddress()));
        Set<UUID> known = all.stream().map(CPMember::getUuid).collect(Collectors.toSet());
        boolean spare =
                there.stream()
                        .filter(it -> !known.contains(it.getUuid()))
                        .anyMatch(
                                it ->
                                        all.stream()
                                                .noneMatch(
                                                        cp ->
                                                                cp.getAddress()
                                                                        .equals(it.getAddress())));
        return gone && spare;
    }

    /// Ends the sessions of a member that has been removed, so that its locks are free at once. It may be alive: what keeps
    /// it from writing is the lock on the storage, not this.
    ///
    /// @param instance the name of its process
    void endSessions(String instance) throws InterruptedException {
        for (int attempt = 1; attempt <= CLOSE_ATTEMPTS; attempt++) {
            try {
                List<CPSession> its =
                        await(sessions.getAllSessions(GROUP)).stream()
                                .filter(it -> it.endpointName().equals(instance))
                                .toList();
                for (CPSession session : its) {
                    await(sessions.forceCloseSession(GROUP, session.id()));
                }
                return;
            } catch (ExecutionException | TimeoutException e) {
                LOG.debug("the sessions of {} are not ended yet", instance, e);
                Thread.sleep(CLOSE_RETRY);
            }
        }
        LOG.warn("the sessions of {} end by their time to live", instance);
    }

    private static <T> T await(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
