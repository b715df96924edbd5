package io.cowherd.iscsi.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.iscsi.pdu.PduRejected;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextKeysTest {
    private static TextKeys decode(String text) throws PduRejected {
        return TextKeys.decode(ByteBuffer.wrap(text.getBytes(ISO_8859_1)));
    }

    @Test
    void readsPairsInTheirOrder() throws PduRejected {
        TextKeys keys = decode("B=2\0A=\0C=x=y\0");
        assertEquals(
                List.of(
                        new TextKeys.Key("B", "2"),
                        new TextKeys.Key("A", ""),
                        new TextKeys.Key("C", "x=y")),
                keys.all());
        assertEquals("2", keys.get("B"));
        assertNull(keys.get("b"), "keys are case-sensitive");
    }

    @Test
    void toleratesZerosThatPad() throws PduRejected {
        assertEquals(2, decode("A=1\0\0\0B=2\0\0").all().size());
        assertEquals(0, decode("").all().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"A=1", "A\0", "=1\0", "A=1\0A=2\0", "A=\u00ff\0"})
    void refusesWhatIsNoText(String text) {
        assertThrows(PduRejected.class, () -> decode(text));
    }

    @Test
    void refusesNamesThatAreTooLong() throws PduRejected {
        String longest = "k".repeat(63);
        assertEquals("1", decode(longest + "=1\0").get(longest));
        assertThrows(PduRejected.class, () -> decode("k" + longest + "=1\0"));
    }

    @Test
    void whatIsEncodedIsDecoded() throws PduRejected {
        TextKeys keys = new TextKeys().add("TargetName", "iqn.x").add("Alias", "größe");
        assertEquals(keys.all(), TextKeys.decode(keys.encode()).all());
    }

    @Test
    void whatIsSaidAboutThemFitsOnALineOfTheLog() {
        assertEquals("\"iqn.a größe\"", PeerText.quoted("iqn.a größe"));
        assertEquals("\"a\\u000d\\u000aFAKE\"", PeerText.quoted("a\r\nFAKE"));
        assertEquals(
                "\"\\u001b[2J\\u202e\\u2028\\u0022\\u005c\"",
                PeerText.quoted("\u001b[2J\u202e\u2028\"\\"));
        assertEquals(66 + 1, PeerText.quoted("x".repeat(100_000)).length());
        var refused = assertThrows(PduRejected.class, () -> decode("FAKE\nLINE\0"));
        assertEquals("\"FAKE\\u000aLINE\" is no key=value", refused.getMessage());
    }

    @Test
    void anyBytesAreAnAnswerOrARefusal() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] =
                        random.nextInt(4) == 0
                                ? (byte) "=\0A".charAt(random.nextInt(3))
                                : bytes[at];
            }
            try {
                TextKeys.decode(ByteBuffer.wrap(bytes));
            } catch (PduRejected _) {
                // a named refusal
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + i, e);
            }
        }
    }
}
