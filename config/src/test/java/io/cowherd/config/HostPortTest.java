package io.cowherd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class HostPortTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:3260,127.0.0.1,3260",
        "127.0.0.1,127.0.0.1,3260",
        "[::1]:1,::1,1",
        "[fe80::1],fe80::1,3260",
        "storage.example:65535,storage.example,65535",
        "localhost:0,localhost,0"
    })
    void readsWhatOperatorsType(String text, String host, int port) {
        assertEquals(new HostPort(host, port), HostPort.parse(text, 3260));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":1",
                "a:",
                "a:b",
                "a:65536",
                "a:-1",
                "::1",
                "::1:3260",
                "[::1",
                "[::1]x",
                "[::1]:",
                "a b:1",
                "a,1:2"
            })
    void refusesWhatIsNoAddressAndNamesIt(String text) {
        var refusal =
                assertThrows(IllegalArgumentException.class, () -> HostPort.parse(text, 3260));
        assertTrue(refusal.getMessage() != null && refusal.getMessage().endsWith("."));
    }

    @Test
    void printsAnIpv6AddressInBrackets() {
        assertEquals("[::1]:3260", new HostPort("::1", 3260).toString());
        assertEquals("10.0.2.2:3260", new HostPort("10.0.2.2", 3260).toString());
    }

    @Test
    void knowsLoopback() {
        assertTrue(new HostPort("127.1.2.3", 1).isLoopback());
        assertTrue(new HostPort("::1", 1).isLoopback());
        assertFalse(new HostPort("0.0.0.0", 1).isLoopback());
    }
}
