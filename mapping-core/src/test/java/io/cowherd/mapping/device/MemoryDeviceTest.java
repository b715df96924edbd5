package io.cowherd.mapping.device;

/// The test device keeps the contract too.
final class MemoryDeviceTest extends BlockDeviceContract {
    @Override
    protected BlockDevice create() {
        return new MemoryDevice(SIZE_BYTES, (byte) 0xAA);
    }
}
