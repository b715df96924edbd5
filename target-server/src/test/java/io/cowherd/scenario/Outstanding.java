package io.cowherd.scenario;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/// A request that the target has yet to answer, and what has been transferred for it.
final class Outstanding {
    final Message request;

    /// What a command writes; its immediate data is the beginning of it.
    final byte[] toWrite;

    /// What it has read so far.
    final ByteArrayOutputStream read = new ByteArrayOutputStream();

    int nextDataSn;
    int nextR2tSn;
    int burstBytes;

    /// An R2T that a scenario has put aside.
    @Nullable Message r2t;

    /// End of what was sent or has been asked for.
    int solicitedUpTo;

    /// The PDU that ended it.
    @Nullable Message end;

    Outstanding(Message request, byte[] toWrite) {
        this.request = request;
        this.toWrite = toWrite;
        this.solicitedUpTo = request.data.length;
    }

    Message r2t() {
        return java.util.Objects.requireNonNull(r2t, "no R2T was put aside");
    }

    boolean isRead() {
        return request.opcode() == 0x01 && (request.u8(1) & 0x40) != 0;
    }

    boolean isWrite() {
        return request.opcode() == 0x01 && (request.u8(1) & 0x20) != 0;
    }

    /// Expected data transfer length.
    int edtl() {
        return request.u32(20);
    }
}
