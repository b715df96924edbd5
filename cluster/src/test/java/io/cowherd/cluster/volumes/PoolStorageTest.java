package io.cowherd.cluster.volumes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.Storage;
import io.cowherd.mapping.volume.SharedVolumePool;
import io.cowherd.mapping.volume.WriteFence;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolStorageTest {
    private static final UUID NOBODYS = new UUID(5, 6);

    @TempDir Path data;

    @Test
    void theHolderIsReadFromWhatTheLockSays() {
        assertEquals(
                Optional.of(new NodeId("node-1")), PoolStorage.holder("node node-1, process 17"));
        assertEquals(Optional.empty(), PoolStorage.holder(""));
        assertEquals(Optional.empty(), PoolStorage.holder("node a/b, process 17"));
    }

    @Test
    void aFamilyThatIsNotThereIsAnAnswerAndNotAFailure() throws Exception {
        try (var pool =
                SharedVolumePool.open(
                        data, "a", _ -> WriteFence.STANDS, _ -> {}, InstantSource.system(), 255)) {
            var storage = new PoolStorage(pool, Runnable::run, Runnable::run);
            var checked = new AtomicReference<Storage.Check>();
            storage.check(NOBODYS, checked::set);
            assertInstanceOf(Storage.Check.Unknown.class, checked.get());
            var unlocked = new AtomicReference<UUID>();
            storage.unlock(NOBODYS, () -> unlocked.set(NOBODYS));
            assertEquals(NOBODYS, unlocked.get());
        }
    }
}
