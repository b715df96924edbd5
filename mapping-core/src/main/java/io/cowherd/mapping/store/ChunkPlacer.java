package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.store.CowStore.OldChunkReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the data of a batch to its store chunks, neighbours in one write.
///
/// **Threading.** *Confined* to the committer.
final class ChunkPlacer {
    /// Neighbouring chunks are gathered up to this many bytes per write; a bigger chunk that the committer has to
    /// copy by itself goes through the same buffer piece by piece.
    static final int STAGING_BYTES = 256 * 1024;

    private final BlockDevice cow;
    private final ChunkSize chunkSize;
    private @Nullable ByteBuffer staging;

    ChunkPlacer(BlockDevice cow, ChunkSize chunkSize) {
        this.cow = cow;
        this.chunkSize = chunkSize;
    }

    void place(List<PendingException> batch, OldChunkReader oldChunks) throws IOException {
        for (int from = 0; from < batch.size(); ) {
            int to = endOfRun(batch, from);
            if (to == from + 1) {
                placeOne(batch.get(from), oldChunks);
            } else {
                placeRun(batch.subList(from, to));
            }
            from = to;
        }
    }

    /// Whole chunks with consecutive store chunks that fit the staging buffer; at least one exception.
    private int endOfRun(List<PendingException> batch, int from) throws IOException {
        int most = Math.max(1, STAGING_BYTES / chunkSize.bytes());
        long first = batch.get(from).storeChunk();
        int to = from;
        while (to < batch.size()
                && to - from < most
                && batch.get(to).storeChunk() == first + (to - from)
                && isWhole(batch.get(to))) {
            to++;
        }
        return Math.max(to, from + 1);
    }

    private boolean isWhole(PendingException exception) throws IOException {
        var data = exception.data();
        return data != null && data.remaining() == chunkSize.bytes();
    }

    private void placeRun(List<PendingException> run) throws IOException {
        var gathered = staging().clear();
        for (var exception : run) {
            var data = exception.data();
            if (data == null) {
                throw new AssertionError("a run of chunks without data");
            }
            gathered.put(data.duplicate());
        }
        cow.write(
                chunkSize.offsetOf(run.getFirst().storeChunk()), gathered.flip(), WriteMode.CACHED);
    }

    private void placeOne(PendingException exception, OldChunkReader oldChunks) throws IOException {
        var data = exception.data();
        if (data == null) {
            copy(exception, oldChunks);
        } else {
            cow.write(
                    chunkSize.offsetOf(exception.storeChunk()), data.duplicate(), WriteMode.CACHED);
        }
    }

    private void copy(PendingException exception, OldChunkReader oldChunks) throws IOException {
        long from = chunkSize.offsetOf(exception.originChunk());
        long to = chunkSize.offsetOf(exception.storeChunk());
        long bytes = oldChunks.bytesOf(exception.originChunk());
        for (long done = 0; done < bytes; done += STAGING_BYTES) {
            var piece = staging().clear().limit((int) Math.min(STAGING_BYTES, bytes - done));
            oldChunks.read(from + done, piece);
            cow.write(to + done, piece.flip(), WriteMode.CACHED);
        }
    }

    /// Direct, so that the device need not copy; allocated at the first need, because most stores lie idle.
    private ByteBuffer staging() {
        if (staging == null) {
            staging = ByteBuffer.allocateDirect(STAGING_BYTES);
        }
        return staging;
    }
}
