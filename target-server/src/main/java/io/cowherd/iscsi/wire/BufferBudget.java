package io.cowherd.iscsi.wire;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Bytes of buffers that may exist at once: one budget for the server (`Limits.bufferedBytes`), and one share per
/// connection that draws on it, so that no connection can take everything. A share that holds something gets no more than
/// what is left for all others: a connection whose storage hangs takes half of what there is, the next one half of the rest.
///
/// **Threading.** *Thread-safe: one atomic counter.*
public final class BufferBudget {
    private final long limitBytes;
    private final @Nullable BufferBudget parent;
    private final AtomicLong usedBytes = new AtomicLong();

    /// A budget of its own.
    ///
    /// @param limitBytes most that may be reserved at once
    public BufferBudget(long limitBytes) {
        this(limitBytes, null);
    }

    private BufferBudget(long limitBytes, @Nullable BufferBudget parent) {
        this.limitBytes = limitBytes;
        this.parent = parent;
    }

    /// A part of this budget: what is reserved there counts here as well.
    ///
    /// @param shareBytes most that may be reserved through the share
    public BufferBudget share(long shareBytes) {
        return new BufferBudget(shareBytes, this);
    }

    /// Takes bytes if they are left, here and above.
    public boolean tryReserve(long bytes) {
        long mine = usedBytes.addAndGet(bytes);
        if (mine > limitBytes) {
            usedBytes.addAndGet(-bytes);
            return false;
        }
        boolean isGreedy = parent != null && mine > bytes && mine > parent.leftBytes();
        if (isGreedy || (parent != null && !parent.tryReserve(bytes))) {
            usedBytes.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    private long leftBytes() {
        return limitBytes - usedBytes.get();
    }

    /// Gives reserved bytes back.
    public void release(long bytes) {
        long left = usedBytes.addAndGet(-bytes);
        if (left < 0) {
            throw new AssertionError("Buffer budget is " + left + ": released more than reserved.");
        }
        if (parent != null) {
            parent.release(bytes);
        }
    }

    /// Bytes that are reserved now.
    public long usedBytes() {
        return usedBytes.get();
    }
}
