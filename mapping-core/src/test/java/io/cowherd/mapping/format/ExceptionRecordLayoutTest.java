package io.cowherd.mapping.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The second reader of a record's bytes.
class ExceptionRecordLayoutTest {
    private static String hex(ExceptionRecord entry) {
        var bytes = ByteBuffer.allocate(ExceptionRecord.BYTES);
        entry.encode(bytes, 0);
        return HexFormat.of().formatHex(bytes.array());
    }

    @Test
    void vector14_chunk5InStoreChunk2() {
        assertEquals(
                """
                0500000000000000 origin chunk
                0200000000000000 store chunk
                """
                        .lines()
                        .map(line -> line.substring(0, 16))
                        .reduce("", String::concat),
                hex(new ExceptionRecord(5, 2)));
    }

    @Test
    void vector17_littleEndian() {
        assertEquals(
                "0807060504030201" + "1817161514131211",
                hex(new ExceptionRecord(0x0102030405060708L, 0x1112131415161718L)));
    }

    @Test
    void onlyAStoreChunkOfZeroEndsTheList() {
        assertTrue(new ExceptionRecord(7, 0).isTerminator());
        assertFalse(new ExceptionRecord(0, 2).isTerminator());
    }

    @Test
    void everyRecordComesBackFromEveryPlace() {
        var random = new SplittableRandom(2);
        var bytes = ByteBuffer.allocate(64 * ExceptionRecord.BYTES);
        for (int i = 0; i < 1000; i++) {
            var entry = new ExceptionRecord(random.nextLong(), random.nextLong());
            int index = random.nextInt(64);
            entry.encode(bytes, index);
            assertEquals(entry, ExceptionRecord.decode(bytes, index));
        }
        assertEquals(0, bytes.position());
    }
}
