package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class PersistentStoreTest extends CowStoreContract {
    @Override
    CowStore create(MemoryDevice cow) throws IOException {
        return open(cow);
    }

    private PersistentStore open(MemoryDevice cow) throws IOException {
        return PersistentStore.open(
                "cow", cow, StoreExpectation.ANYTHING, CHUNK_SECTORS, origin.sizeBytes(), 512);
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

    private void refused(MemoryDevice cow, StoreExpectation expected, String... words) {
        byte[] before = cow.get();
        var refused =
                assertThrows(
                        CorruptStoreException.class,
                        () ->
                                PersistentStore.open(
                                        "x.cow",
                                        cow,
                                        expected,
                                        CHUNK_SECTORS,
                                        origin.sizeBytes(),
                                        512));
        for (String word : words) {
            assertTrue(String.valueOf(refused.getMessage()).contains(word), refused.getMessage());
        }
        assertArrayEquals(before, cow.get(), "nothing is written to what is refused");
    }

    /// Changes bytes within sectors.
    private static void damage(MemoryDevice cow, int at, byte... bytes) {
        int sector = at / 512 * 512;
        byte[] content = cow.get(sector, 512);
        System.arraycopy(bytes, 0, content, at - sector, bytes.length);
        cow.put(sector, content);
    }

    private MemoryDevice used(int exceptions) throws IOException {
        var cow = new MemoryDevice(1000L * CHUNK);
        var store = open(cow);
        var batch = exceptions(0, exceptions);
        store.prepare(batch);
        store.commit(batch);
        return cow;
    }

    @Test
    void aStoreThatWasMadeIsNeverMadeAgain() throws IOException {
        var cow = used(5);
        damage(cow, 0, new byte[4]);
        refused(
                cow,
                StoreExpectation.SOUND,
                "x.cow byte 0",
                "found magic 0x00000000",
                "0x70416e53");
        cow.put(0, new byte[CHUNK]);
        refused(cow, StoreExpectation.SOUND, "x.cow byte 0");
        refused(new MemoryDevice(1000L * CHUNK), StoreExpectation.SOUND, "x.cow byte 0");
    }

    @Test
    void aStoreThatWasMadeKeepsItsChunkSize() throws IOException {
        var cow = used(5);
        damage(cow, 12, (byte) (2 * CHUNK_SECTORS));
        refused(
                cow,
                StoreExpectation.SOUND,
                "x.cow byte 12",
                "of " + 2 * CHUNK_SECTORS + " sectors",
                "expected " + CHUNK_SECTORS + " sectors");
    }

    /// A sector arrives whole: a writer fills it in order, so nothing but damage leaves a record behind a terminator in it.
    @Test
    void aRecordThatIsMissingWithinASectorIsDamage() throws IOException {
        for (var expected :
                new StoreExpectation[] {StoreExpectation.FRESH_OR_SOUND, StoreExpectation.SOUND}) {
            var cow = used(9);
            damage(cow, CHUNK + 3 * 16, new byte[16]);
            refused(cow, expected, "x.cow area 0 record 4", "the list ends at record 3");
            var half = used(9);
            damage(half, CHUNK + 9 * 16, (byte) 1);
            refused(half, expected, "x.cow area 0 record 9", "the list ends at record 9");
        }
    }

    /// Sectors of a batch may arrive in any order: what a power cut leaves is no damage, and the list ends before it.
    @Test
    void aSectorThatDidNotArriveEndsTheList() throws IOException {
        var cow = used(100);
        cow.put(CHUNK + 512, new byte[512]);
        var store =
                PersistentStore.open(
                        "cow", cow, StoreExpectation.SOUND, CHUNK_SECTORS, origin.sizeBytes(), 512);
        assertEquals(33, store.lookup(31));
        assertEquals(ExceptionTable.ABSENT, store.lookup(32));
        store.audit(origin.sizeBytes());
    }
}
