package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.MemoryDevice;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class PersistentStoreTest extends CowStoreContract {
    @Override
    CowStore create(MemoryDevice cow) throws IOException {
        return open(cow);
    }

    private PersistentStore open(MemoryDevice cow) throws IOException {
        return PersistentStore.open("cow", cow, CHUNK_SECTORS, origin.sizeBytes(), 512);
    }

    @Override
    int chunksFor(int exceptions) {
        return exceptions + 2 + exceptions / (CHUNK / 16);
    }

    @Test
    void aBatchNeverCrossesAnArea() throws IOException {
        var store = open(new MemoryDevice(1000L * CHUNK));
        assertEquals(CHUNK / 16, store.batchLimit());
        var batch = exceptions(0, CHUNK / 16 + 1);
        store.prepare(batch);
        assertThrows(AssertionError.class, () -> store.commit(batch));
    }

    @Test
    void theAuditFindsWhatIsNotOnDisk() throws IOException {
        var cow = new MemoryDevice(1000L * CHUNK);
        var store = open(cow);
        var batch = exceptions(0, 5);
        store.prepare(batch);
        store.commit(batch);
        assertThrows(AssertionError.class, () -> store.audit(origin.sizeBytes()));
        store.publish(batch);
        store.audit(origin.sizeBytes());
        cow.put(CHUNK, new byte[512]);
        assertThrows(AssertionError.class, () -> store.audit(origin.sizeBytes()));
    }
}
