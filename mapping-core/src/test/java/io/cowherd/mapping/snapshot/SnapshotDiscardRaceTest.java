package io.cowherd.mapping.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// **Goal**: what the origin says of its holes is believed only of chunks that have not left it. **Method**: the origin is
/// zeroed, through its target, just before it answers.
class SnapshotDiscardRaceTest {
    private static final int SECTORS = 1024;
    private static final int CHUNK_BYTES = 8 * Rig.SECTOR;
    private static final long OFFSET = 160L * Rig.SECTOR;

    /// Has a hole where its target has zeroed it on being asked.
    private static final class ZeroedUnderTheQuestion extends WrappedDevice {
        private @Nullable Target target;

        ZeroedUnderTheQuestion(BlockDevice inner) {
            super(inner);
        }

        @Override
        public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
            Target asked = target;
            if (asked == null) {
                return super.extent(offsetBytes, lengthBytes);
            }
            target = null; // the zeroing asks as well: for what it finds it has to preserve
            asked.writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
            return new Extent(lengthBytes, false);
        }
    }

    private final ZeroedUnderTheQuestion origin =
            new ZeroedUnderTheQuestion(MemoryDevice.numbered(SECTORS * Rig.SECTOR, 0));
    private final Rig rig;
    private final Target snap;

    SnapshotDiscardRaceTest() throws IOException {
        rig = new Rig(origin);
        snap = rig.snapshot(Rig.freshCow(SECTORS), "P 8");
        origin.target = rig.base;
    }

    @Test
    void anUnmapThatOvertakesOneOfTheOriginZeroesTheSnapshot() throws IOException {
        snap.writeZeroes(OFFSET, CHUNK_BYTES, WriteMode.CACHED);
        assertArrayEquals(new byte[CHUNK_BYTES], Rig.read(snap, OFFSET / Rig.SECTOR, 8));
    }

    @Test
    void aChunkThatHasLeftIsMappedHoweverTheOriginAnswers() throws IOException {
        assertTrue(snap.extent(OFFSET, CHUNK_BYTES).mapped());
        assertArrayEquals(
                Rig.numbered(OFFSET / Rig.SECTOR, 8), Rig.read(snap, OFFSET / Rig.SECTOR, 8));
    }
}
