package io.cowherd.iscsi.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which names are iSCSI names (RFC 7143 4.2.7), and that what is said about others is harmless.
class LoginIdentityTest {
    @Test
    void namesAreFolded() throws LoginRefused {
        assertEquals("iqn.a:größe_1", LoginIdentity.name("InitiatorName", "IQN.A:GRÖßE_1"));
        assertEquals(
                "eui.02004567a425678d", LoginIdentity.name("TargetName", "eui.02004567A425678D"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "iqn.a b",
                "iqn.a,b",
                "iqn.a\r\nFAKE LOG LINE",
                "iqn.\u001b[2J",
                "iqn.a\u0085b",
                "iqn.a\u2028b",
                "iqn.a\u202eb",
                "\u001b]0;title\u0007"
            })
    void othersAreRefusedInWordsThatFitOnALine(String value) {
        var refused =
                assertThrows(LoginRefused.class, () -> LoginIdentity.name("InitiatorName", value));
        String message = String.valueOf(refused.getMessage());
        assertTrue(
                message.startsWith("InitiatorName is no iSCSI name: " + value.length()), message);
        assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~'), message);
    }
}
