package io.cowherd.mapping.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The second reader of the header's bytes.
class StoreHeaderLayoutTest {
    private static final String VALID_16 =
            """
            536e4170 magic "SnAp"
            01000000 valid
            01000000 version
            10000000 chunk size 16
            """;

    private static String hex(StoreHeader header) {
        var bytes = ByteBuffer.allocate(StoreHeader.BYTES);
        header.encode(bytes);
        return HexFormat.of().formatHex(bytes.array());
    }

    private static String bytes(String annotated) {
        return annotated.lines().map(line -> line.substring(0, 8)).reduce("", String::concat);
    }

    private static ByteBuffer parse(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    @Test
    void vector13_validHeaderOfChunk16() {
        assertEquals(bytes(VALID_16), hex(new StoreHeader(true, 16)));
    }

    @Test
    void vector18_headerOfChunk1024() {
        assertEquals(
                "536e4170" + "01000000" + "01000000" + "00040000",
                hex(new StoreHeader(true, 1024)));
    }

    @Test
    void vector19_invalidHeader() {
        assertEquals(
                "536e4170" + "00000000" + "01000000" + "10000000", hex(new StoreHeader(false, 16)));
    }

    @Test
    void vector30_anyValidButZeroIsValid() throws IOException {
        var header =
                StoreHeader.decode(parse("536e4170" + "02000000" + "01000000" + "10000000"), "x");
        assertEquals(new StoreHeader(true, 16), header);
    }

    @Test
    void vector28_otherVersionsAreRefusedEvenIfInvalid() {
        for (String version : new String[] {"00000000", "02000000", "ffffffff"}) {
            for (String valid : new String[] {"00000000", "01000000"}) {
                assertThrows(
                        UnsupportedStoreVersionException.class,
                        () ->
                                StoreHeader.decode(
                                        parse("536e4170" + valid + version + "10000000"), "x"));
            }
        }
    }

    @Test
    void aFreshStoreBeginsWithFourZeros() {
        assertTrue(StoreHeader.isFresh(parse("00000000" + "ffffffff" + "ffffffff" + "ffffffff")));
        assertFalse(StoreHeader.isFresh(parse("00000001" + "00000000" + "00000000" + "00000000")));
    }

    @Test
    void everyHeaderComesBack() throws IOException {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            var header = new StoreHeader(random.nextBoolean(), random.nextLong(1L << 32));
            var bytes = ByteBuffer.allocate(StoreHeader.BYTES);
            header.encode(bytes);
            assertEquals(header, StoreHeader.decode(bytes, "x"));
            assertEquals(0, bytes.position());
        }
    }

    /// Goal: whatever bit is wrong, the answer is a header or a named refusal.
    @Test
    void everyFlippedBitIsAnsweredOrRefused() {
        for (int bit = 0; bit < StoreHeader.BYTES * 8; bit++) {
            var bytes = parse(bytes(VALID_16));
            bytes.put(bit / 8, (byte) (bytes.get(bit / 8) ^ 1 << bit % 8));
            try {
                var header = StoreHeader.decode(bytes, "x");
                assertTrue(bit / 32 == 1 || bit / 32 == 3, header + " from bit " + bit);
            } catch (CorruptStoreException e) {
                assertTrue(bit / 32 == 0, e.getMessage());
            } catch (UnsupportedStoreVersionException e) {
                assertTrue(bit / 32 == 2, e.getMessage());
            }
        }
    }
}
