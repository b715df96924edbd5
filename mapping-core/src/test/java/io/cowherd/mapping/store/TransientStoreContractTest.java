package io.cowherd.mapping.store;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.geometry.ChunkSize;

class TransientStoreContractTest extends CowStoreContract {
    @Override
    CowStore create(MemoryDevice cow) {
        return new TransientStore(cow, new ChunkSize(CHUNK_SECTORS));
    }

    @Override
    int chunksFor(int exceptions) {
        return exceptions;
    }
}
