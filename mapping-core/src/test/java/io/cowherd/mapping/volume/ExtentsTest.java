package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// Sizes, Data% and `lv_attr` (spec 3.1, 3.3, vectors 79, 85 and the arithmetic of 76 to 80).
class ExtentsTest {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @Test
    void sizesAreRoundedUpToExtents() {
        assertEquals(4 * MIB, Extents.roundUp(1));
        assertEquals(4 * MIB, Extents.roundUp(4 * MIB));
        assertEquals(8 * MIB, Extents.roundUp(4 * MIB + 1));
        assertEquals(100 * MIB, Extents.roundUp(100 * MIB));
    }

    /// Vector 79.
    @Test
    void threeGibForAOneGibOriginAreCut() {
        long max = Extents.maxUsefulCowBytes(GIB, (int) (4 * KIB));
        assertEquals(2_113_536, Extents.sectors(max));
        assertEquals(258, max / Extents.EXTENT_BYTES);
    }

    /// Vector 85 and the other cases of 3.1.
    @Test
    void maximumUsefulSizes() {
        assertEquals(2_105_344, Extents.sectors(Extents.maxUsefulCowBytes(GIB, (int) (8 * KIB))));
        assertEquals(12 * KIB, Extents.maxUsefulCowBytes(4 * KIB, (int) (4 * KIB), 4 * KIB));
        assertEquals(384 * KIB, Extents.maxUsefulCowBytes(4 * KIB, (int) (128 * KIB), 4 * KIB));
        assertEquals(28 * KIB, Extents.maxUsefulCowBytes(20 * KIB, (int) (4 * KIB), 4 * KIB));
    }

    /// The store's own capacity (spec 1.8) at the maximum useful size covers the whole origin, whatever its size.
    @Test
    void aStoreOfMaximumUsefulSizeNeverOverflows() {
        int chunk = 4096;
        long perArea = chunk / 16;
        for (long originChunks = 1; originChunks < 3000; originChunks++) {
            long cow = Extents.maxUsefulCowBytes(originChunks * chunk, chunk, chunk);
            long q = (cow / chunk - 1) / (perArea + 1);
            long r = (cow / chunk - 1) % (perArea + 1);
            long capacity = r == 0 ? q * perArea - 1 : q * perArea + r - 1;
            assertTrue(capacity >= originChunks, originChunks + " chunks, capacity " + capacity);
        }
    }

    /// Vector 84, LVM2's half.
    @Test
    void chunkSizes() {
        assertTrue(Extents.isChunkSize(4 << 10));
        assertTrue(Extents.isChunkSize(512 << 10));
        assertFalse(Extents.isChunkSize(2 << 10));
        assertFalse(Extents.isChunkSize(1 << 20));
        assertFalse(Extents.isChunkSize(12 << 10));
        assertFalse(Extents.isChunkSize(0));
        assertFalse(Extents.isChunkSize(Integer.MIN_VALUE));
    }

    /// Vectors 76, 77, 78 and spec 3.3.
    @Test
    void dataPercentAsLvm2RoundsIt() {
        assertEquals("0.00", DataPercent.of(32, 204_800, 32));
        assertEquals("10.03", DataPercent.of(20_544, 204_800, 64));
        assertEquals("8.36", DataPercent.of(20_544, 245_760, 64));
        assertEquals("66.81", DataPercent.of(164_192, 245_760, 336));
        assertEquals("48.89", DataPercent.of(164_192, 41 * 8192, 336));
        assertEquals("12.00", DataPercent.of(24, 200, 16));
        assertEquals("100.00", DataPercent.of(24, 24, 16));
    }

    @Test
    void dataPercentIsNeverRoundedToEmptyOrFull() {
        assertEquals("0.01", DataPercent.of(24, 1L << 33, 16));
        assertEquals("99.99", DataPercent.of((1L << 33) - 8, 1L << 33, 16));
        assertEquals("100.00", DataPercent.of(2072, 1024, 32));
    }

    @Test
    void attributesAsLvsPrintsThem() {
        assertEquals("-wi-a-----", attributes(Attributes.Kind.PLAIN, Attributes.State.ACTIVE));
        assertEquals("owi-a-s---", attributes(Attributes.Kind.ORIGIN, Attributes.State.ACTIVE));
        assertEquals("owi-s-s---", attributes(Attributes.Kind.ORIGIN, Attributes.State.SUSPENDED));
        assertEquals("swi-a-s---", attributes(Attributes.Kind.SNAPSHOT, Attributes.State.ACTIVE));
        assertEquals("swi-I-s---", attributes(Attributes.Kind.SNAPSHOT, Attributes.State.INVALID));
        assertEquals("swi-X-s-p-", attributes(Attributes.Kind.SNAPSHOT, Attributes.State.BROKEN));
        assertEquals(
                "sri-aos---",
                new Attributes(
                                Attributes.Kind.SNAPSHOT,
                                Attributes.Access.READ_ONLY,
                                Attributes.State.ACTIVE,
                                true)
                        .toString());
    }

    private static String attributes(Attributes.Kind kind, Attributes.State state) {
        return new Attributes(kind, Attributes.Access.WRITABLE, state, false).toString();
    }
}
