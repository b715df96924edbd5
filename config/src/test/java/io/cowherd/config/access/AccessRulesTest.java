package io.cowherd.config.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.ChapAccount.Direction;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What operators write about hosts: read, matched, refused.
class AccessRulesTest {
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final String OTHER = "iqn.2026-11.io.cowherd:vg.other";

    @ParameterizedTest
    @CsvSource({
        "iqn.a:b, iqn.a:b, true",
        "IQN.A:B, iqn.a:b, true",
        "iqn.a:b, iqn.a:bc, false",
        "iqn.a:*, iqn.a:, true",
        "iqn.a:*, iqn.b:x, false",
        "*:web, iqn.a:web, true",
        "*:web, iqn.a:web2, false",
        "iqn.*.web, iqn.a.web, true",
        "iqn.a*a.web, iqn.a.web, false",
        "*, anything, true"
    })
    void patternsMatchNames(String pattern, String name, boolean expected) {
        assertEquals(expected, new InitiatorPattern(pattern).matches(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "web", "iqn.", "a**b", "*a*", "iqn.a b", "iqn.a,b", "iqn.a\u0000b"})
    void whatIsNoPatternIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> new InitiatorPattern(text));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.6, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::1, ::1, true"
    })
    void networksContainAddresses(String network, String address, boolean expected) {
        assertEquals(expected, Network.parse(network).contains(InetAddress.ofLiteral(address)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1/24",
                "192.0.2.0/33",
                "192.0.2.0/-1",
                "192.0.2.0/",
                "host/8",
                "",
                "/8",
                "::/129",
                "1.2.3.4/x"
            })
    void whatIsNoNetworkIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Network.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"all, all", "0, 0", "'2,0,1', 0-2", "'5-7,0,6', '0,5-7'", "16383, 16383"})
    void lunsAreReadAndPrinted(String text, String printed) {
        assertEquals(printed, LunSet.parse(text).toString());
        assertEquals(LunSet.parse(printed), LunSet.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "16384", "3-1", "a", "1,,2", "1-", "0x1", "99999999999"})
    void whatAreNoLunsIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> LunSet.parse(text));
    }

    private static Grant grant(String target, String initiator) {
        return new Grant(target, new InitiatorPattern(initiator), List.of(), LunRights.ALL);
    }

    private static ChapAccount account(String name, Direction direction, String... scopes) {
        return new ChapAccount(
                name, direction, List.of(scopes), InitiatorPattern.ANY, "file-of-" + name);
    }

    @Test
    void aGrantIsReplacedByOneForTheSameTargetAndPattern() {
        AccessRules rules =
                AccessRules.EMPTY
                        .with(grant(TARGET, "iqn.a:*"))
                        .with(grant(TARGET, "iqn.b:*"))
                        .with(grant(TARGET.toUpperCase(java.util.Locale.ROOT), "IQN.A:*"));
        assertEquals(2, rules.grants().size());
        assertFalse(rules.protectsNothing());
    }

    @Test
    void aPlaceHasOneOutgoingAccount() {
        AccessRules rules = AccessRules.EMPTY.with(account("a", Direction.OUTGOING, TARGET));
        assertTrue(rules.protectsNothing());
        rules.with(account("b", Direction.OUTGOING, "*"));
        assertThrows(
                IllegalArgumentException.class,
                () -> rules.with(account("b", Direction.OUTGOING, TARGET)));
    }

    @Test
    void rulesGoWithATargetThatGetsAnotherName() {
        AccessRules rules =
                AccessRules.EMPTY
                        .with(grant(TARGET, "iqn.a:*"))
                        .with(account("a", Direction.INCOMING, TARGET))
                        .with(account("b", Direction.INCOMING, TARGET, "discovery"))
                        .with(
                                new Redirect(
                                        TARGET,
                                        List.of(new HostPort("192.0.2.2", 3260)),
                                        Redirect.Duration.TEMPORARY));
        AccessRules both = rules.copied(TARGET, OTHER);
        assertTrue(both.mentions(TARGET) && both.mentions(OTHER));
        AccessRules after = both.forgetting(TARGET);
        assertFalse(after.mentions(TARGET));
        assertEquals(List.of(grant(OTHER, "iqn.a:*")), after.grants());
        assertEquals(List.of(OTHER), after.accounts().getFirst().scopes());
        assertEquals(List.of("discovery", OTHER), after.accounts().getLast().scopes());
        assertEquals(OTHER, after.redirects().getFirst().target());
        assertEquals(rules, both.forgetting(OTHER));
    }

    @Test
    void thereAreBounds() {
        var many = new java.util.ArrayList<Grant>();
        for (int i = 0; i <= AccessRules.MAX_GRANTS; i++) {
            many.add(grant(TARGET, "iqn.a:" + i));
        }
        assertThrows(
                IllegalArgumentException.class, () -> new AccessRules(many, List.of(), List.of()));
    }

    @Test
    void algorithmsAreReadByTheirNames() {
        for (ChapAlgorithm algorithm : ChapAlgorithm.values()) {
            assertEquals(algorithm, ChapAlgorithm.parse(algorithm.digestName()));
        }
        assertEquals(ChapAlgorithm.SHA256, ChapAlgorithm.parse("sha256"));
        assertThrows(IllegalArgumentException.class, () -> ChapAlgorithm.parse("crc32"));
    }
}
