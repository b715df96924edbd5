package io.cowherd.drill.initiator;

import java.nio.ByteBuffer;

/// A SCSI command to LUN 0.
///
/// **Threading.** *Immutable.*
///
/// @param cdb 16 bytes
/// @param toWrite sent with it, as immediate data
/// @param toRead most bytes that it may return
public record ScsiRequest(ByteBuffer cdb, ByteBuffer toWrite, int toRead) {
    /// Bytes of the logical blocks that the drill's volume has.
    public static final int LOGICAL_BLOCK_BYTES = 512;

    private static final int CDB_BYTES = 16;
    private static final byte READ_16 = (byte) 0x88;
    private static final byte WRITE_16 = (byte) 0x8A;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /// TEST UNIT READY.
    public static ScsiRequest testUnitReady() {
        return new ScsiRequest(ByteBuffer.allocate(CDB_BYTES), NOTHING, 0);
    }

    /// READ (16).
    ///
    /// @param offset in bytes, whole logical blocks
    /// @param length in bytes, whole logical blocks
    public static ScsiRequest read(long offset, int length) {
        return new ScsiRequest(transfer(READ_16, offset, length), NOTHING, length);
    }

    /// WRITE (16).
    ///
    /// @param offset in bytes, whole logical blocks
    /// @param content whole logical blocks; must not change any more
    public static ScsiRequest write(long offset, ByteBuffer content) {
        return new ScsiRequest(transfer(WRITE_16, offset, content.remaining()), content, 0);
    }

    private static ByteBuffer transfer(byte opcode, long offset, int length) {
        return ByteBuffer.allocate(CDB_BYTES)
                .put(0, opcode)
                .putLong(2, offset / LOGICAL_BLOCK_BYTES)
                .putInt(10, length / LOGICAL_BLOCK_BYTES);
    }
}
