package io.cowherd.cluster.hazelcast;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.cp.CPSubsystemConfig;
import com.hazelcast.config.cp.FencedLockConfig;
import com.hazelcast.config.cp.RaftAlgorithmConfig;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Hazelcast's settings, each for a reason. The times held in many rounds of kills, pauses and partitions; with others a
/// healthy member is thrown out, or a dead one is noticed late. `io.cowherd.cluster.ClusterTimes` leans on the session's.
final class MemberConfiguration {
    /// The fewest that can lose one. Without this count the CP subsystem is silently off.
    static final int CP_MEMBERS = 3;

    static final int SESSION_TTL_SECONDS = 10;
    private static final int SESSION_HEARTBEAT_SECONDS = 2;

    /// We replace missing members ourselves, at once; this is for a cluster that nobody looks after.
    private static final int AUTO_REMOVAL_SECONDS = 4 * 60 * 60;

    private static final int LEADER_MILLIS = 1000;
    private static final int MISSED_LEADER_HEARTBEATS = 5;

    private MemberConfiguration() {}

    /// @param instance a name that no other process has ever had: sessions are told apart by it
    static Config of(HazelcastSettings settings, String instance) {
        var config = new Config(instance);
        config.setClusterName(clusterName(settings));
        config.setCPSubsystemConfig(cpSubsystem());
        config.setAdvancedNetworkConfig(network(settings));
        config.setMemberAttributeConfig(PeerAttributes.of(settings.self(), instance));
        config.getSerializationConfig().setJavaSerializationFilterConfig(serializationFilter());
        config.getJetConfig().setEnabled(false);
        config.getMetricsConfig().setEnabled(false);
        config.getManagementCenterConfig()
                .setScriptingEnabled(false)
                .setConsoleEnabled(false)
                .setDataAccessEnabled(false);
        config.setProperty("hazelcast.logging.type", "slf4j")
                // Else each line has the cluster's name, which is as good as the secret.
                .setProperty("hazelcast.logging.details.enabled", "false")
                .setProperty("hazelcast.phone.home.enabled", "false")
                .setProperty("hazelcast.shutdownhook.enabled", "false")
                .setProperty("hazelcast.socket.bind.any", "false")
                .setProperty("hazelcast.heartbeat.interval.seconds", "1")
                .setProperty("hazelcast.max.no.heartbeat.seconds", "10")
                .setProperty("hazelcast.operation.call.timeout.millis", "10000")
                .setProperty("hazelcast.merge.first.run.delay.seconds", "10")
                .setProperty("hazelcast.merge.next.run.delay.seconds", "10")
                .setProperty("hazelcast.wait.seconds.before.join", "0");
        return config;
    }

    /// A member that does not know the secret does not find the name, and is sent away. The name itself travels in the
    /// clear: who can listen to the members can join them.
    static String clusterName(HazelcastSettings settings) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(
                    new SecretKeySpec(
                            settings.secret().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            byte[] proof = mac.doFinal(settings.cluster().getBytes(StandardCharsets.UTF_8));
            return settings.cluster() + "-" + HexFormat.of().formatHex(proof);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC-SHA-256", e);
        }
    }

    private static CPSubsystemConfig cpSubsystem() {
        return new CPSubsystemConfig()
                .setCPMemberCount(CP_MEMBERS)
                .setGroupSize(CP_MEMBERS)
                .setSessionTimeToLiveSeconds(SESSION_TTL_SECONDS)
                .setSessionHeartbeatIntervalSeconds(SESSION_HEARTBEAT_SECONDS)
                .setMissingCPMemberAutoRemovalSeconds(AUTO_REMOVAL_SECONDS)
                .setRaftAlgorithmConfig(
                        new RaftAlgorithmConfig()
                                .setLeaderElectionTimeoutInMillis(LEADER_MILLIS)
                                .setLeaderHeartbeatPeriodInMillis(LEADER_MILLIS)
                                .setMaxMissedLeaderHeartbeatCount(MISSED_LEADER_HEARTBEATS))
                .addLockConfig(
                        new FencedLockConfig(ElectionThread.LOCK_PREFIX + "*").disableReentrancy());
    }

    /// Members only: without an endpoint of their own clients, REST and memcache are not answered.
    private static AdvancedNetworkConfig network(HazelcastSettings settings) {
        var join = new JoinConfig();
        join.getMulticastConfig().setEnabled(false);
        join.getAutoDetectionConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true).setMembers(settings.members());
        var endpoint = new ServerSocketEndpointConfig();
        endpoint.setPort(settings.port()).setPortAutoIncrement(false).setReuseAddress(true);
        endpoint.getInterfaces().setEnabled(true).addInterface(settings.bind());
        return new AdvancedNetworkConfig()
                .setEnabled(true)
                .setMemberEndpointConfig(endpoint)
                .setJoin(join);
    }

    /// What members send each other by Java's own serialization is exceptions, and what these are made of.
    private static JavaSerializationFilterConfig serializationFilter() {
        var allowed = new ClassFilter();
        allowed.addPrefixes("com.hazelcast.", "java.lang.", "java.util.", "[");
        var filter = new JavaSerializationFilterConfig();
        filter.setDefaultsDisabled(false);
        filter.setWhitelist(allowed);
        return filter;
    }
}
