package io.cowherd.scsi.reservation;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/// Parameter lists of PERSISTENT RESERVE OUT for tests, spelled apart from the code that reads them.
public final class ParameterLists {
    private ParameterLists() {}

    /// The 24 bytes of most service actions.
    public static byte[] list(long key, long actionKey, int flags) {
        return ByteBuffer.allocate(24)
                .putLong(key)
                .putLong(actionKey)
                .put(20, (byte) flags)
                .array();
    }

    /// With SPEC_I_PT.
    static byte[] specifying(long key, long actionKey, int flags, byte[]... transportIds) {
        ByteBuffer ids = joined(transportIds);
        return ByteBuffer.allocate(28 + ids.remaining())
                .put(list(key, actionKey, flags | 8))
                .putInt(ids.remaining())
                .put(ids)
                .array();
    }

    /// Of REGISTER AND MOVE.
    static byte[] move(long key, long actionKey, int flags, int targetPort, byte[] transportId) {
        return ByteBuffer.allocate(24 + transportId.length)
                .putLong(key)
                .putLong(actionKey)
                .put((byte) 0)
                .put((byte) flags)
                .putShort((short) targetPort)
                .putInt(transportId.length)
                .put(transportId)
                .array();
    }

    /// `45 00`, length, name, padding to a multiple of four with at least one NUL.
    static byte[] transportId(String port) {
        return transportId(port.getBytes(UTF_8));
    }

    /// The same with a name that may be no text.
    static byte[] transportId(byte[] port) {
        int padded = Math.max(20, (port.length / 4 + 1) * 4);
        return ByteBuffer.allocate(4 + padded)
                .put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) padded)
                .put(port)
                .array();
    }

    private static ByteBuffer joined(byte[]... parts) {
        int bytes = 0;
        for (byte[] part : parts) {
            bytes += part.length;
        }
        ByteBuffer out = ByteBuffer.allocate(bytes);
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.flip();
    }
}
