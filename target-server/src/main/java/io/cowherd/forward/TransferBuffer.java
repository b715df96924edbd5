package io.cowherd.forward;

import io.cowherd.iscsi.wire.BufferBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Direct memory for the data of one command at the owner, and its part of the budget. Not cleared: who sends says how many
/// bytes of it were written.
///
/// **Threading.** *Confined to the connection's event loop.*
final class TransferBuffer implements AutoCloseable {
    private final ByteBuf buf;
    private final ByteBuffer data;
    private final BufferBudget budget;

    private TransferBuffer(ByteBuf buf, int bytes, BufferBudget budget) {
        this.buf = buf;
        this.data = buf.internalNioBuffer(0, bytes).slice();
        this.budget = budget;
    }

    /// Allocates from the pool, if the budget allows.
    ///
    /// @return null if the budget, or the JVM's direct memory, is used up
    static @Nullable TransferBuffer tryAllocate(BufferBudget budget, int bytes) {
        if (!budget.tryReserve(bytes)) {
            return null;
        }
        try {
            ByteBuf buf = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, bytes));
            return new TransferBuffer(buf, bytes, budget);
        } catch (OutOfMemoryError _) { // the JVM's own limit on direct memory lies below the budget
            budget.release(bytes);
            return null;
        }
    }

    /// The whole of it, one buffer for all calls; valid until it is closed.
    ByteBuffer data() {
        return data;
    }

    @Override
    public void close() {
        int bytes = data.capacity();
        buf.release();
        budget.release(bytes);
    }
}
