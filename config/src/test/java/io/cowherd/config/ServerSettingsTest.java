package io.cowherd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.access.AccessSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSettingsTest {
    private static final HostPort FIRST = new HostPort("127.0.0.1", 3260);
    private static final HostPort SECOND = new HostPort("::1", 3260);
    private static final HostPort OUTSIDE = new HostPort("192.0.2.1", 13260);

    @Test
    void advertisedAddressesBelongToPortalsByOrder() {
        assertEquals(
                List.of(new PortalSetting(FIRST, OUTSIDE), new PortalSetting(SECOND, null)),
                PortalSetting.pair(List.of(FIRST, SECOND), List.of(OUTSIDE)));
    }

    @Test
    void moreAdvertisedThanListenedIsRefused() {
        assertRefused(
                "2 advertised addresses for 1 portals",
                () -> PortalSetting.pair(List.of(FIRST), List.of(OUTSIDE, SECOND)));
    }

    @Test
    void nobodyCanConnectToPortZero() {
        assertRefused("port 0", () -> new PortalSetting(FIRST, new HostPort("192.0.2.1", 0)));
    }

    @Test
    void anAddressIsGivenOnce() {
        assertRefused("127.0.0.1:3260 is given twice", () -> settings(OUTSIDE, FIRST, FIRST));
        assertRefused("127.0.0.1:3260 is given twice", () -> settings(FIRST, FIRST));
        HostPort any = new HostPort("127.0.0.1", 0);
        assertEquals(2, settings(any, any, any).portals().size());
    }

    @Test
    void aServerNeedsAPortal() {
        assertRefused("at least one portal", () -> settings(FIRST));
    }

    @Test
    void aNodesAddressesDifferAndCanBeTold() {
        HostPort member = new HostPort("127.0.0.1", 5701);
        var cluster =
                new ClusterSettings(
                        member, List.of(member), new HostPort("127.0.0.1", 0), Path.of("secret"));
        assertRefused("127.0.0.1:5701 is given twice", () -> settings(cluster, member, FIRST));
        assertRefused("127.0.0.1:5701 is given twice", () -> settings(cluster, FIRST, member));
        HostPort wildcard = new HostPort("0.0.0.0", 3260);
        assertRefused("--advertise", () -> settings(cluster, FIRST, wildcard));
        assertRefused(
                "--cluster-listen",
                () ->
                        new ClusterSettings(
                                new HostPort("a", 0), List.of(member), member, Path.of("s")));
        assertRefused(
                "--cluster-member",
                () -> new ClusterSettings(member, List.of(), member, Path.of("s")));
        assertRefused(
                "--cluster-secret-file",
                () -> new ClusterSettings(member, List.of(member), member, Path.of("")));
    }

    private static ServerSettings settings(
            ClusterSettings cluster, HostPort http, HostPort... portals) {
        return new ServerSettings(
                Path.of("data"),
                "node",
                PortalSetting.pair(List.of(portals), List.of()),
                http,
                TransportSetting.AUTO,
                AccessSettings.DEFAULTS,
                Limits.DEFAULTS,
                ManagementLimits.DEFAULTS,
                cluster);
    }

    private static ServerSettings settings(HostPort http, HostPort... portals) {
        return new ServerSettings(
                Path.of("data"),
                "node",
                PortalSetting.pair(List.of(portals), List.of()),
                http,
                TransportSetting.AUTO,
                AccessSettings.DEFAULTS,
                Limits.DEFAULTS,
                ManagementLimits.DEFAULTS);
    }

    private static void assertRefused(String why, Runnable action) {
        var refused = assertThrows(IllegalArgumentException.class, action::run);
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(why), message);
    }
}
