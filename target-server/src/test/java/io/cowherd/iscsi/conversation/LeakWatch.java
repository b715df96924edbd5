package io.cowherd.iscsi.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBufLeaks;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test class that has leaked a buffer. Netty's detector runs at `paranoid`, so it sees every buffer.
final class LeakWatch implements BeforeAllCallback, AfterAllCallback {
    private final List<String> leaks = new CopyOnWriteArrayList<>();

    @Override
    public void beforeAll(ExtensionContext context) {
        ByteBufLeaks.listener((resource, records) -> leaks.add(resource + records));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        collectGarbage();
        for (int i = 0; i < 64; i++) { // the detector reports when the next buffer is allocated
            PooledByteBufAllocator.DEFAULT.directBuffer(64).release();
        }
        assertEquals(List.of(), leaks);
    }

    private static void collectGarbage() {
        for (int round = 0; round < 3; round++) {
            var sentinel = new WeakReference<>(new Object());
            for (int i = 0; i < 100 && sentinel.get() != null; i++) {
                System.gc();
            }
        }
    }
}
