package io.cowherd.scsi.target;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Parameter list of an EXTENDED COPY, as a host builds it. Written apart from the code that decodes it.
final class CopyOrder {
    private final int listId;
    private final int usage;
    private final List<byte[]> targets = new ArrayList<>();
    private final List<byte[]> segments = new ArrayList<>();

    CopyOrder(int listId, int usage) {
        this.listId = listId;
        this.usage = usage;
    }

    static CopyOrder unnamed() {
        return new CopyOrder(0, 3);
    }

    /// A logical unit of that UUID, with a block length to be compared.
    CopyOrder target(UUID uuid, int blockBytes) {
        ByteBuffer d = ByteBuffer.allocate(32);
        d.put(0, (byte) 0xE4).put(4, (byte) 1).put(5, (byte) 3).put(7, (byte) 16);
        long head = 6L << 60 | 0x02_43_57L << 36 | (uuid.getMostSignificantBits() & 0xF_FFFF_FFFFL);
        d.putLong(8, head).putLong(16, uuid.getLeastSignificantBits()).putInt(28, blockBytes);
        targets.add(d.array());
        return this;
    }

    CopyOrder target(UUID uuid) {
        return target(uuid, 512);
    }

    CopyOrder segment(int source, long from, int destination, long to, int blocks) {
        ByteBuffer d = ByteBuffer.allocate(28);
        d.put(0, (byte) 0x02).putShort(2, (short) 0x18);
        d.putShort(4, (short) source).putShort(6, (short) destination);
        d.putShort(10, (short) blocks).putLong(12, from).putLong(20, to);
        segments.add(d.array());
        return this;
    }

    /// Changes a byte of the last target descriptor.
    CopyOrder patchTarget(int offset, int value) {
        targets.getLast()[offset] = (byte) value;
        return this;
    }

    /// Changes a byte of the last segment descriptor.
    CopyOrder patchSegment(int offset, int value) {
        segments.getLast()[offset] = (byte) value;
        return this;
    }

    byte[] bytes() {
        int targetBytes = 32 * targets.size();
        int segmentBytes = 28 * segments.size();
        ByteBuffer out = ByteBuffer.allocate(16 + targetBytes + segmentBytes);
        out.put((byte) listId).put((byte) (usage << 3)).putShort((short) targetBytes).putInt(0);
        out.putInt(segmentBytes).putInt(0);
        targets.forEach(out::put);
        segments.forEach(out::put);
        return out.array();
    }

    /// EXTENDED COPY (LID1) for a list of that length.
    static String cdb(int listBytes) {
        return "83 00 00 00 00 00 00 00 00 00 %08X 00 00".formatted(listBytes);
    }

    TestHost.Answer sendTo(TestHost host) {
        byte[] list = bytes();
        return host.send(cdb(list.length), list);
    }
}
