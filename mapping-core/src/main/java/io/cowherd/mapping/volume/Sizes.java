package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.INVALID;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.Consumer;

/// Decides how large a volume or a COW store becomes, or why it cannot (spec 3.1). Does nothing.
///
/// **Threading.** *Immutable.*
final class Sizes {
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB");
    private static final int UNIT = 1024;

    private Sizes() {}

    /// Size of a new origin.
    static long origin(long askedBytes) throws VolumeRefusedException {
        checkRange("volume", askedBytes, 1);
        return Extents.roundUp(askedBytes);
    }

    /// Size of a new COW store: rounded up to extents, cut to what is of use; 0 asks for all that is of use.
    ///
    /// @param log is told LVM2's words if it is cut
    static long cow(long askedBytes, long originBytes, int chunkBytes, Consumer<String> log)
            throws VolumeRefusedException {
        checkRange("COW store", askedBytes, 0);
        long max = Extents.maxUsefulCowBytes(originBytes, chunkBytes);
        long wanted = Extents.roundUp(askedBytes);
        if (wanted > max) {
            log.accept(
                    "Reducing COW size "
                            + display(wanted)
                            + " down to maximum usable size "
                            + display(max)
                            + ".");
        }
        return askedBytes == 0 ? max : Math.min(wanted, max);
    }

    /// Size of a COW store that is to grow.
    ///
    /// @param askedBytes its size afterwards, as in [#cow]
    /// @param log is told LVM2's words if it is cut
    static long extended(Volume snapshot, long askedBytes, Consumer<String> log)
            throws VolumeRefusedException {
        long present = snapshot.cowSizeBytes();
        if (askedBytes <= present) {
            throw new VolumeRefusedException(
                    INVALID,
                    "New size given ("
                            + display(askedBytes)
                            + ") not larger than existing size ("
                            + display(present)
                            + ").",
                    "Give a larger one: a COW store can only grow.");
        }
        long size = cow(askedBytes, snapshot.sizeBytes(), snapshot.chunkSizeBytes(), log);
        if (size <= present) {
            throw new VolumeRefusedException(
                    INVALID,
                    "The COW store of "
                            + snapshot.name()
                            + " has its maximum usable size already, "
                            + display(present)
                            + ".",
                    "Nothing has to be done: it cannot overflow.");
        }
        return size;
    }

    /// Chunk size of a new store, in LVM2's range (vector 84).
    static void checkChunk(int chunkBytes) throws VolumeRefusedException {
        if (!Extents.isChunkSize(chunkBytes)) {
            throw new VolumeRefusedException(
                    INVALID,
                    "A chunk of " + chunkBytes + " bytes is not possible.",
                    "Chunk size must be a power of 2 in the range 4K to 512K.");
        }
    }

    /// A chunk is one logical block of the origin at least, whatever an existing store says.
    static void checkChunkHoldsBlocks(int chunkBytes, int blockBytes)
            throws VolumeRefusedException {
        if (chunkBytes < blockBytes) {
            throw new VolumeRefusedException(
                    INVALID,
                    "Chunks of %d bytes are smaller than the origin's blocks of %d."
                            .formatted(chunkBytes, blockBytes),
                    "Use a COW store with chunks of " + blockBytes + " bytes or more.");
        }
    }

    /// A fresh store has to take one chunk at least.
    static void checkMinimum(long cowBytes, int chunkBytes) throws VolumeRefusedException {
        long min = (long) Extents.MIN_COW_CHUNKS * chunkBytes;
        if (cowBytes < min) {
            throw new VolumeRefusedException(
                    INVALID,
                    "Snapshot volume cannot be smaller than "
                            + Extents.MIN_COW_CHUNKS
                            + " chunks ("
                            + display(min)
                            + ").",
                    "Use a larger COW device or a smaller chunk size.");
        }
    }

    private static void checkRange(String what, long bytes, long min)
            throws VolumeRefusedException {
        if (bytes < min || bytes > Extents.MAX_BYTES) {
            throw new VolumeRefusedException(
                    INVALID,
                    "A " + what + " of " + bytes + " bytes is not possible.",
                    "Ask for " + min + " bytes to " + display(Extents.MAX_BYTES) + ".");
        }
    }

    /// A size as LVM2 prints it: `100.00 MiB`; with `<` if it was rounded up: `<1.01 GiB`.
    static String display(long bytes) {
        int unit = 0;
        var scale = BigDecimal.ONE;
        var size = BigDecimal.valueOf(bytes);
        while (unit < UNITS.size() - 1
                && size.compareTo(scale.multiply(BigDecimal.valueOf(UNIT))) >= 0) {
            scale = scale.multiply(BigDecimal.valueOf(UNIT));
            unit++;
        }
        BigDecimal shown = size.divide(scale, 2, RoundingMode.HALF_UP);
        String below = shown.multiply(scale).compareTo(size) > 0 ? "<" : "";
        return below + shown.toPlainString() + " " + UNITS.get(unit);
    }
}
