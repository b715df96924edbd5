package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How large things become, in LVM2's words (spec 3.1).
class SizesTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    private final List<String> log = new ArrayList<>();

    /// Vector 79.
    @Test
    void aStoreIsCutToTheMaximumUsefulSize() throws VolumeRefusedException {
        assertEquals(258 * 4 * MIB, Sizes.cow(3 * GIB, GIB, 4096, log::add));
        assertEquals(
                List.of("Reducing COW size 3.00 GiB down to maximum usable size <1.01 GiB."), log);
    }

    @Test
    void aForkGetsTheMaximumUsefulSizeWithoutAWord() throws VolumeRefusedException {
        assertEquals(258 * 4 * MIB, Sizes.cow(0, GIB, 4096, log::add));
        assertEquals(List.of(), log);
    }

    @Test
    void anythingElseIsRoundedUp() throws VolumeRefusedException {
        assertEquals(100 * MIB, Sizes.cow(100 * MIB, GIB, 8192, log::add));
        assertEquals(8 * MIB, Sizes.cow(4 * MIB + 1, GIB, 8192, log::add));
        assertEquals(4 * MIB, Sizes.origin(1));
        assertEquals(List.of(), log);
    }

    @Test
    void whatCannotBeIsRefused() {
        for (long size : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThrows(VolumeRefusedException.class, () -> Sizes.origin(size));
        }
        assertThrows(VolumeRefusedException.class, () -> Sizes.cow(-1, GIB, 4096, log::add));
        assertThrows(VolumeRefusedException.class, () -> Sizes.checkChunk(2048));
        assertThrows(VolumeRefusedException.class, () -> Sizes.checkChunk(1 << 20));
        assertEquals(
                "Snapshot volume cannot be smaller than 3 chunks (24.00 KiB).",
                assertThrows(
                                VolumeRefusedException.class,
                                () -> Sizes.checkMinimum(3 * 8192 - 512, 8192))
                        .getMessage());
    }

    @Test
    void sizesAreDisplayedAsLvm2Does() {
        assertEquals("512.00 B", Sizes.display(512));
        assertEquals("4.00 MiB", Sizes.display(4 * MIB));
        assertEquals("1.00 GiB", Sizes.display(GIB));
        assertEquals("<1.01 GiB", Sizes.display(2_113_536L * 512));
        assertEquals("256.00 TiB", Sizes.display(Extents.MAX_BYTES));
    }
}
