package io.cowherd.iscsi.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Direct memory for the data of one command or PDU, with room before it for a header and behind it for padding and
/// digest, so that what fits in one PDU leaves in one piece. Owns one reference and its part of the budget; both go back
/// when it is closed, or once it has been sent.
///
/// ```
/// 0                      52                     52 + capacity
/// |-- BHS, its digest ---|-- data --------------|-- padding, digest --|
/// ```
///
/// Memory is not cleared: who sends says how many bytes of it were written.
///
/// **Threading.** *Confined to the connection's event loop.*
public final class DataSegment implements AutoCloseable, ChannelFutureListener {
    static final int HEADROOM_BYTES = PduSizes.HEADER_AND_DIGEST;
    static final int TAILROOM_BYTES = PduSizes.PADDING_AND_DIGEST;

    final ByteBuf buf;
    private final ByteBuffer data;
    private final BufferBudget budget;

    private DataSegment(ByteBuf buf, int capacityBytes, BufferBudget budget) {
        this.buf = buf;
        this.data = buf.internalNioBuffer(HEADROOM_BYTES, capacityBytes).slice();
        this.budget = budget;
    }

    /// Allocates from the pool, if the budget allows.
    ///
    /// @param capacityBytes room for data, 1 or more
    /// @return null if the budget, or the JVM's direct memory, is used up
    static @Nullable DataSegment tryAllocate(
            ByteBufAllocator allocator, BufferBudget budget, int capacityBytes) {
        if (!budget.tryReserve(wholeBytes(capacityBytes))) {
            return null;
        }
        try {
            ByteBuf buf = allocator.directBuffer(Math.toIntExact(wholeBytes(capacityBytes)));
            return new DataSegment(buf, capacityBytes, budget);
        } catch (OutOfMemoryError _) { // the JVM's own limit on direct memory lies below the budget
            budget.release(wholeBytes(capacityBytes));
            return null;
        }
    }

    private static long wholeBytes(int capacityBytes) {
        return (long) HEADROOM_BYTES + capacityBytes + TAILROOM_BYTES;
    }

    /// Bytes of data that have room.
    public int capacityBytes() {
        return data.capacity();
    }

    /// A direct view of a part of the data; borrowed, valid until the next call, or until the segment is closed or sent.
    /// It is one buffer for all calls, because a view costs as much garbage as everything else about a segment.
    public ByteBuffer view(int offset, int length) {
        return data.clear().position(offset).limit(offset + length);
    }

    /// Gives the memory back unsent.
    @Override
    public void close() {
        buf.release();
        giveBack();
    }

    /// Called when the last byte has been sent, or never will be; the buffer itself is released by the channel.
    @Override
    public void operationComplete(ChannelFuture sent) {
        giveBack();
    }

    private void giveBack() {
        budget.release(wholeBytes(data.capacity()));
    }
}
