package io.cowherd.mapping.geometry;

/// Where header, metadata areas and data chunks of a persistent store lie (spec 1.1, vectors 1 to 12).
///
/// ```
/// chunk 0            header
/// chunk 1            area 0        E records
/// chunk 2 .. E+1     data
/// chunk E+2          area 1
/// chunk E+3 .. 2E+2  data
/// ```
///
/// @param chunkSize size of the store's chunks
public record StoreLayout(ChunkSize chunkSize) {
    /// Bytes of one exception record (spec 1.3).
    public static final int RECORD_BYTES = 16;

    /// The first chunk that can hold data.
    public static final long FIRST_DATA_CHUNK = 2;

    /// `E`: records in an area.
    public int exceptionsPerArea() {
        return chunkSize.bytes() / RECORD_BYTES;
    }

    /// The chunk that is metadata area `area`.
    public long areaChunk(long area) {
        return 1 + area * stride();
    }

    /// True if the chunk is a metadata area. The header, chunk 0, is not.
    public boolean isArea(long chunk) {
        return chunk % stride() == 1;
    }

    /// True if the chunk is the header.
    public boolean isHeader(long chunk) {
        return chunk == 0;
    }

    /// `chunk`, or the one behind it if `chunk` is a metadata area: where data can go (spec 1.4, *skip*).
    public long skipArea(long chunk) {
        return isArea(chunk) ? chunk + 1 : chunk;
    }

    /// Byte on the device of record `index` of an area (vector 6).
    public long recordOffset(long area, int index) {
        return chunkSize.offsetOf(areaChunk(area)) + (long) index * RECORD_BYTES;
    }

    /// Chunks in use after `exceptions` exceptions without a restart between them (spec 1.11, vector 7).
    public long usedChunks(long exceptions) {
        return exceptions + metadataChunks(exceptions);
    }

    /// Metadata chunks in use after `exceptions` exceptions, the header included (spec 1.11, vector 8).
    public long metadataChunks(long exceptions) {
        return 2 + exceptions / exceptionsPerArea();
    }

    /// Exceptions that a device of that many whole chunks takes without the snapshot being lost (spec 1.8, vector 11).
    ///
    /// Where the last area's data chunks all fit but the next area does not, the last one of them is unusable: filling
    /// the area would need the next.
    ///
    /// @throws IllegalArgumentException if not even header and first area fit
    public long capacity(long wholeChunks) {
        if (wholeChunks < FIRST_DATA_CHUNK) {
            throw new IllegalArgumentException("a store of " + wholeChunks + " chunks");
        }
        long whole = (wholeChunks - 1) / stride();
        long rest = (wholeChunks - 1) % stride();
        return whole * exceptionsPerArea() + rest - 1;
    }

    private long stride() {
        return exceptionsPerArea() + 1L;
    }
}
