package io.cowherd.mapping.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StoreLayoutTest {
    private static StoreLayout layout(int sectors) {
        return new StoreLayout(new ChunkSize(sectors));
    }

    @Test
    void vector01_exceptionsPerArea() {
        int[][] cases = {
            {1, 32},
            {2, 64},
            {8, 256},
            {16, 512},
            {32, 1024},
            {64, 2048},
            {128, 4096},
            {1024, 32768}
        };
        for (int[] each : cases) {
            assertEquals(each[1], layout(each[0]).exceptionsPerArea());
        }
    }

    @Test
    void vector02_areaChunks() {
        var layout = layout(16);
        assertEquals(1, layout.areaChunk(0));
        assertEquals(514, layout.areaChunk(1));
        assertEquals(1027, layout.areaChunk(2));
        assertEquals(5131, layout.areaChunk(10));
    }

    @Test
    void vector03_areaBytes() {
        long[] chunks = {1, 258, 515};
        long[] bytes = {4096, 1_056_768, 2_109_440};
        for (int area = 0; area < 3; area++) {
            assertEquals(chunks[area], layout(8).areaChunk(area));
            assertEquals(bytes[area], layout(8).recordOffset(area, 0));
        }
    }

    @Test
    void vector04_dataChunksSkipTheAreas() {
        var layout = layout(16);
        long chunk = StoreLayout.FIRST_DATA_CHUNK;
        assertEquals(2, chunk);
        for (int i = 1; i < 512; i++) {
            chunk = layout.skipArea(chunk + 1);
        }
        assertEquals(513, chunk);
        assertEquals(515, layout.skipArea(chunk + 1));
    }

    @Test
    void vector05_whatIsMetadata() {
        var layout = layout(16);
        for (long chunk : new long[] {1, 514, 1027}) {
            assertTrue(layout.isArea(chunk));
        }
        for (long chunk : new long[] {0, 2, 513, 515, 1026}) {
            assertFalse(layout.isArea(chunk));
        }
        assertTrue(layout.isHeader(0));
        assertFalse(layout.isHeader(1));
    }

    @Test
    void vector06_recordBytes() {
        assertEquals(16_368, layout(16).recordOffset(0, 511));
        assertEquals(4_210_688, layout(16).recordOffset(1, 0));
    }

    @Test
    void vector07_usedChunks() {
        long[][] cases = {{0, 2}, {511, 513}, {512, 515}, {513, 516}, {1024, 1028}, {1280, 1284}};
        for (long[] each : cases) {
            assertEquals(each[1], layout(16).usedChunks(each[0]));
        }
    }

    @Test
    void vector08_metadataChunks() {
        assertEquals(2, layout(16).metadataChunks(511));
        assertEquals(3, layout(16).metadataChunks(512));
        assertEquals(4, layout(16).metadataChunks(1280));
        assertEquals(20544, 16 * layout(16).usedChunks(1280));
    }

    @Test
    void vector09_theKernelDocumentsNumbers() {
        assertEquals(397_896, 8 * layout(8).usedChunks(49_542));
        assertEquals(1560, 8 * layout(8).metadataChunks(49_542));
        assertEquals(49_542, 193 * 256 + 134);
        assertEquals(180_480, 8 * layout(8).usedChunks(87 * 256 + 199));
        assertEquals(712, 8 * layout(8).metadataChunks(87 * 256 + 199));
        assertEquals(16, 8 * layout(8).usedChunks(0));
    }

    /// The kernel's sample was taken in the midst of a merge: area 136 already, next free chunk still that of area 137.
    @Test
    void vector10_theKernelDocumentsMergeSample() {
        var layout = layout(8);
        assertEquals(35_211, 281_688 / 8);
        assertEquals(136 + 2, 1104 / 8);
        assertEquals(layout.areaChunk(137) + 1, 35_211);
    }

    @Test
    void vector11_capacity() {
        long[][] ofChunk1 = {
            {2, 0}, {3, 1}, {33, 31}, {34, 31}, {35, 32}, {36, 33}, {66, 63}, {67, 63}, {68, 64}
        };
        for (long[] each : ofChunk1) {
            assertEquals(each[1], layout(1).capacity(each[0]), "T = " + each[0]);
        }
        long[][] ofChunk8 = {{257, 255}, {258, 255}, {259, 256}, {515, 511}, {516, 512}};
        for (long[] each : ofChunk8) {
            assertEquals(each[1], layout(8).capacity(each[0]), "T = " + each[0]);
        }
        assertThrows(IllegalArgumentException.class, () -> layout(1).capacity(1));
    }

    @Test
    void aChunkSizeIsAPowerOfTwoUpTo1GiB() {
        assertNull(ChunkSize.fault(1, 512, 512));
        assertNull(ChunkSize.fault(ChunkSize.MAX_SECTORS, 512, 512));
        assertEquals("Chunk size is too high", ChunkSize.fault(1L << 22, 512, 512));
        assertEquals("Chunk size is not a power of 2", ChunkSize.fault(12, 512, 512));
        assertEquals("Chunk size is not a power of 2", ChunkSize.fault(0, 512, 512));
        assertEquals(
                "Chunk size is not a multiple of device blocksize", ChunkSize.fault(4, 512, 4096));
        assertEquals(
                "Chunk size is not a multiple of device blocksize", ChunkSize.fault(4, 4096, 512));
    }

    @Test
    void offsetsAndChunksOfTheLargestSizeDoNotOverflow() {
        var size = new ChunkSize(ChunkSize.MAX_SECTORS);
        assertEquals(1 << 30, size.bytes());
        assertEquals(5L << 30, size.offsetOf(5));
        assertEquals(5, size.chunkOf((6L << 30) - 1));
        assertEquals((1 << 30) - 512, size.offsetWithin((6L << 30) - 512));
        assertEquals(2, size.chunksCovering((1L << 30) + 512));
        assertEquals(1, size.wholeChunks((2L << 30) - 512));
    }
}
