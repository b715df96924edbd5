package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.BlockDeviceContract;
import io.cowherd.mapping.device.MemoryDevice;

final class LinearTargetTest extends BlockDeviceContract {
    private static final int START_SECTOR = 7;

    @Override
    protected BlockDevice create() throws TableRefusedException {
        var memory = new MemoryDevice(SIZE_BYTES + 20 * BlockDevice.SECTOR_BYTES, (byte) 0xAA);
        var ref = new DeviceRef(7, 0, memory);
        return new LinearTarget(ref, START_SECTOR, SIZE_BYTES / BlockDevice.SECTOR_BYTES);
    }
}
