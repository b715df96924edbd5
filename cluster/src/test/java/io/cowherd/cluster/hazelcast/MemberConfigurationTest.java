package io.cowherd.cluster.hazelcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hazelcast.config.Config;
import com.hazelcast.instance.EndpointQualifier;
import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.member.Peer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The values that were found in rounds of kills and partitions: changing one is a decision, not a slip.
class MemberConfigurationTest {
    private static HazelcastSettings settings(String secret) {
        return new HazelcastSettings(
                "herd",
                secret,
                "127.0.0.1",
                5701,
                List.of("cowherd-members:5701"),
                new Peer(new NodeId("a"), false, "1", 1, 1, List.of(), "", ""));
    }

    private final Config config =
            MemberConfiguration.of(settings("0123456789abcdef"), "a/instance");

    @Test
    void theCpSubsystemIsOnWithTheValuesThatHeld() {
        var cp = config.getCPSubsystemConfig();
        assertEquals(3, cp.getCPMemberCount());
        assertEquals(3, cp.getGroupSize());
        assertEquals(10, cp.getSessionTimeToLiveSeconds());
        assertEquals(
                Duration.ofSeconds(cp.getSessionTimeToLiveSeconds()),
                ClusterTimes.DEFAULTS.sessionTtl(),
                "the lease leans on it");
        assertEquals(2, cp.getSessionHeartbeatIntervalSeconds());
        assertEquals(4 * 3600, cp.getMissingCPMemberAutoRemovalSeconds());
        assertEquals(1000, cp.getRaftAlgorithmConfig().getLeaderElectionTimeoutInMillis());
        assertEquals(1000, cp.getRaftAlgorithmConfig().getLeaderHeartbeatPeriodInMillis());
        assertEquals(5, cp.getRaftAlgorithmConfig().getMaxMissedLeaderHeartbeatCount());
        assertEquals(1, cp.findLockConfig("cowherd-family-x").getLockAcquireLimit());
    }

    @Test
    void timesOfTheMembersAreTheOnesThatHeld() {
        assertEquals("1", config.getProperty("hazelcast.heartbeat.interval.seconds"));
        assertEquals("10", config.getProperty("hazelcast.max.no.heartbeat.seconds"));
        assertEquals("10000", config.getProperty("hazelcast.operation.call.timeout.millis"));
        assertEquals("10", config.getProperty("hazelcast.merge.first.run.delay.seconds"));
        assertEquals("10", config.getProperty("hazelcast.merge.next.run.delay.seconds"));
        assertEquals("0", config.getProperty("hazelcast.wait.seconds.before.join"));
    }

    @Test
    void whatIsNotNeededIsOff() {
        assertFalse(config.getJetConfig().isEnabled());
        assertEquals("false", config.getProperty("hazelcast.phone.home.enabled"));
        assertEquals("false", config.getProperty("hazelcast.socket.bind.any"));
        assertFalse(config.getManagementCenterConfig().isScriptingEnabled());
        var network = config.getAdvancedNetworkConfig();
        assertTrue(network.isEnabled());
        assertEquals(
                Set.of(EndpointQualifier.MEMBER),
                network.getEndpointConfigs().keySet(),
                "neither clients nor REST nor memcache");
        assertFalse(network.getJoin().getMulticastConfig().isEnabled());
        assertFalse(network.getJoin().isAutoDetectionEnabled());
        assertFalse(network.getJoin().getKubernetesConfig().isEnabled());
        assertEquals(
                List.of("cowherd-members:5701"), network.getJoin().getTcpIpConfig().getMembers());
    }

    @Test
    void javaSerializationIsFiltered() {
        var filter = config.getSerializationConfig().getJavaSerializationFilterConfig();
        assertTrue(filter.getWhitelist().isListed("com.hazelcast.core.HazelcastException"));
        assertFalse(filter.getWhitelist().isListed("io.cowherd.cluster.Epoch"));
        assertFalse(
                filter.getWhitelist().isListed("javax.management.BadAttributeValueExpException"));
        assertFalse(filter.isDefaultsDisabled());
    }

    @Test
    void theSecretIsInTheNameAndCannotBeReadFromIt() {
        String name = config.getClusterName();
        assertTrue(name.startsWith("herd-") && !name.contains("0123456789abcdef"), name);
        assertEquals("herd-".length() + 64, name.length());
        assertNotEquals(name, MemberConfiguration.clusterName(settings("0123456789abcdeg")));
        assertFalse(settings("0123456789abcdef").toString().contains("0123456789abcdef"));
    }

    @Test
    void shortSecretsAndAllInterfacesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> settings("short"));
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        new HazelcastSettings(
                                "herd",
                                "0123456789abcdef",
                                "0.0.0.0",
                                1,
                                List.of("x:1"),
                                settings("0123456789abcdef").self()));
    }
}
