package io.netty.buffer;

import io.netty.util.ResourceLeakDetector;
import org.jspecify.annotations.NullMarked;

/// Lets tests hear of leaked buffers. In Netty's package because that is where the detector can be reached.
@NullMarked
public final class ByteBufLeaks {
    private ByteBufLeaks() {}

    /// Sets who is told of each leak, on the thread that happens to find it.
    public static void listener(ResourceLeakDetector.LeakListener listener) {
        AbstractByteBuf.leakDetector.setLeakListener(listener);
    }
}
