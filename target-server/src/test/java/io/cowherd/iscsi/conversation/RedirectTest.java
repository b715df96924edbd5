package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.Redirect.Duration;
import io.cowherd.iscsi.discovery.TargetPlacement.Placement;
import io.cowherd.iscsi.login.LoginPolicy;
import io.cowherd.iscsi.login.Reception;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Login redirect (RFC 7143 11.13.5, spec/initiators.md f.2).
@ExtendWith(LeakWatch.class)
class RedirectTest {
    private static final HostPort OTHER = new HostPort("192.0.2.2", 3260);
    private static final HostPort OTHER_V6 = new HostPort("2001:db8::2", 3260);

    private volatile Placement placement = new Placement.Here();
    private final Conversation conversation =
            new Conversation(new Reception(LoginPolicy.OPEN, _ -> placement));

    @AfterEach
    void stop() {
        conversation.close();
    }

    private void elsewhere(Duration duration, HostPort... portals) {
        placement = new Placement.Elsewhere(List.of(portals), duration);
    }

    private void expect(int status, String text) {
        try (var host = conversation.initiator()) {
            host.sends(
                    host.login(
                            0x81,
                            "InitiatorName=iqn.a:b",
                            "TargetName=" + TARGET,
                            "AuthMethod=CHAP"));
            Pdu answer = host.receives(0x23);
            assertEquals(status, answer.u16(36), answer::text);
            assertEquals(text, answer.text());
            assertEquals(0, answer.flags(), "T and NSG");
            host.seesClose();
        }
    }

    @Test
    void temporarilyInTheFirstResponse() {
        elsewhere(Duration.TEMPORARY, OTHER);
        expect(0x0101, "TargetAddress=192.0.2.2:3260|");
    }

    @Test
    void permanently() {
        elsewhere(Duration.PERMANENT, OTHER);
        expect(0x0102, "TargetAddress=192.0.2.2:3260|");
    }

    @Test
    void theAddressIsOfTheHostsFamily() {
        elsewhere(Duration.TEMPORARY, OTHER_V6, OTHER);
        expect(0x0101, "TargetAddress=192.0.2.2:3260|");
        elsewhere(Duration.TEMPORARY, OTHER_V6);
        expect(0x0301, "");
    }

    @Test
    void neverToOurselves() {
        elsewhere(Duration.TEMPORARY, conversation.address());
        expect(0x0301, "");
        elsewhere(Duration.TEMPORARY, conversation.address(), OTHER);
        expect(0x0101, "TargetAddress=192.0.2.2:3260|");
    }

    @Test
    void notForEver() {
        elsewhere(Duration.TEMPORARY, OTHER);
        for (int i = 0; i < 8; i++) {
            expect(0x0101, "TargetAddress=192.0.2.2:3260|");
        }
        expect(0x0301, "");
    }

    @Test
    void discoveryStaysHere() {
        elsewhere(Duration.TEMPORARY, OTHER);
        try (var host = conversation.initiator()) {
            host.sends(host.login(0x87, "InitiatorName=iqn.a:b", "SessionType=Discovery"));
            assertEquals(0, host.receives(0x23).u16(36));
            host.sends(host.textRequest("SendTargets=All"));
            Pdu answer = host.receives(0x24);
            assertEquals(
                    "TargetName=" + TARGET + "|TargetAddress=" + conversation.address() + ",1|",
                    answer.text());
        }
    }
}
