package io.cowherd.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.cowherd.drill.BlockPattern.Sector;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BlockPatternTest {
    private final BlockPattern pattern = new BlockPattern(42);

    @Test
    void eachSectorSaysWhoseItIs() {
        ByteBuffer content = pattern.content(7, 3);
        assertEquals(BlockPattern.BLOCK_BYTES, content.remaining());
        for (int i = 0; i < BlockPattern.SECTORS; i++) {
            assertEquals(new Sector.Written(7, 3, i), pattern.sector(content, i));
            assertEquals(42, content.getLong(i * 512));
            assertEquals(7, content.getLong(i * 512 + 8));
            assertEquals(3, content.getLong(i * 512 + 16));
            assertEquals(i, content.getInt(i * 512 + 24));
        }
    }

    @Test
    void anyBitThatFlipsIsSeen() {
        for (int bit = 0; bit < 512 * 8; bit++) {
            ByteBuffer content = pattern.content(7, 3);
            content.put(bit / 8, (byte) (content.get(bit / 8) ^ (1 << (bit % 8))));
            assertInstanceOf(Sector.Unknown.class, pattern.sector(content, 0), "bit " + bit);
        }
    }

    @Test
    void anotherDrillsContentIsUnknownAndZerosAreBlank() {
        assertInstanceOf(
                Sector.Unknown.class, pattern.sector(new BlockPattern(43).content(7, 3), 0));
        assertInstanceOf(Sector.Blank.class, pattern.sector(ByteBuffer.allocate(4096), 5));
    }
}
