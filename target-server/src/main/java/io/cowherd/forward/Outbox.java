package io.cowherd.forward;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;

/// Data on its way out, in turns of one frame for each command, as fast as the peer takes it: a long transfer does not hold up the
/// others, and a slow peer makes nobody's memory grow. The bytes are copied when their turn comes, so that a command may end
/// before its data is gone.
///
/// **Threading.** *Confined to the connection's event loop*: the one that sends.
final class Outbox {
    /// Writes one frame.
    interface Sender {
        /// Writes the bytes from position to limit.
        ///
        /// @param data borrowed
        void send(int tag, ByteBuffer data);
    }

    private record Transfer(int tag, ByteBuffer data, Runnable sent) {}

    private final BooleanSupplier hasRoom;
    private final Sender sender;
    private final ArrayDeque<Transfer> waiting = new ArrayDeque<>();

    /// An empty one.
    ///
    /// @param hasRoom false while the peer is slower than we are
    Outbox(BooleanSupplier hasRoom, Sender sender) {
        this.hasRoom = hasRoom;
        this.sender = sender;
    }

    /// Sends the bytes from position to limit.
    ///
    /// @param data borrowed until `sent` has been run, or [#remove]
    /// @param sent run when the last byte has been handed over; not at all if it is removed before
    void add(int tag, ByteBuffer data, Runnable sent) {
        waiting.add(new Transfer(tag, data.slice(), sent));
        pump();
    }

    /// Forgets what is left of a command's data.
    void remove(int tag) {
        if (!waiting.isEmpty()) {
            waiting.removeIf(transfer -> transfer.tag == tag);
        }
    }

    /// Sends while there is room.
    void pump() {
        while (hasRoom.getAsBoolean()) {
            Transfer next = waiting.poll();
            if (next == null) {
                return;
            }
            sendPart(next);
        }
    }

    private void sendPart(Transfer transfer) {
        ByteBuffer data = transfer.data;
        int end = data.limit();
        data.limit(Math.min(end, data.position() + Frame.MAX_DATA_BYTES));
        sender.send(transfer.tag, data);
        data.position(data.limit()).limit(end);
        if (data.hasRemaining()) {
            waiting.add(transfer);
        } else {
            transfer.sent.run();
        }
    }
}
