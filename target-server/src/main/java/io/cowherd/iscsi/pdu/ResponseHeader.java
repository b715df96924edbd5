package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;
import org.jscsi.parser.OperationCode;

/// What target PDUs have in common: StatSN at 24, ExpCmdSN at 28, MaxCmdSN at 32. Owns its 48 bytes and is used again
/// and again; [#clear()] begins the next PDU with zeros, the opcode, and the F bit that the RFC draws as a leading 1.
///
/// **Threading.** *Confined to the connection's event loop.*
public abstract class ResponseHeader extends BasicHeader {
    private static final byte[] ZEROS = new byte[SIZE_BYTES];

    private final byte opcode;

    ResponseHeader(OperationCode opcode) {
        super(ByteBuffer.allocate(SIZE_BYTES));
        this.opcode = opcode.value();
    }

    final void clear() {
        bytes.put(0, ZEROS);
        bytes.put(0, opcode);
        bytes.put(1, (byte) FINAL);
    }

    /// Status sequence number of this PDU, or the next one if it carries no status.
    public final void statSn(int statSn) {
        bytes.putInt(24, statSn);
    }

    /// The command window: next CmdSN expected, highest CmdSN accepted.
    public final void window(int expCmdSn, int maxCmdSn) {
        bytes.putInt(28, expCmdSn);
        bytes.putInt(32, maxCmdSn);
    }

    /// Length of the data segment; whoever appends the data sets it.
    ///
    /// @param length 0 to 2^24-1
    public final void dataSegmentBytes(int length) {
        bytes.putInt(4, length);
    }
}
