package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.BlockDeviceContract;
import java.io.IOException;
import org.junit.jupiter.api.Nested;

/// Targets are devices like any other.
class SnapshotContractTest {
    private static final int SECTORS = (4 << 20) / BlockDevice.SECTOR_BYTES;

    private static Rig rig() throws IOException {
        return Rig.ofSectors(SECTORS);
    }

    @Nested
    class OriginWithoutSnapshots extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            return rig().base;
        }
    }

    @Nested
    class OriginWithSnapshots extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            var rig = rig();
            rig.snapshot(Rig.freshCow(2 * SECTORS), "P 1");
            rig.snapshot(Rig.freshCow(2 * SECTORS), "P 16");
            rig.snapshot(Rig.freshCow(2 * SECTORS), "N 4096");
            return rig.base;
        }
    }

    @Nested
    class PersistentSnapshot extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            return rig().snapshot(Rig.freshCow(2 * SECTORS), "P 8");
        }
    }

    @Nested
    class DiscardingSnapshot extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            return rig().snapshot(Rig.freshCow(2 * SECTORS), "PO 2 1 discard_zeroes_cow");
        }
    }

    @Nested
    class TransientSnapshot extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            return rig().snapshot(Rig.freshCow(2 * SECTORS), "N 64");
        }
    }

    @Nested
    class SnapshotOfHugeChunks extends BlockDeviceContract {
        @Override
        protected BlockDevice create() throws IOException {
            return rig().snapshot(Rig.freshCow(4 * SECTORS), "P 4096");
        }
    }
}
