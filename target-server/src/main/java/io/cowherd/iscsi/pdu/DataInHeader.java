package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// SCSI Data-In (RFC 7143 11.7), opcode 0x25.
///
/// ```
///  0  |.|.| 0x25      |F|A|. . .|O|U|S| reserved | status, if S
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (0: A is never set)
/// 16  ITT
/// 20  TTT (FFFFFFFF)
/// 24  StatSN, if S
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  DataSN
/// 40  buffer offset
/// 44  residual count, if S
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class DataInHeader extends ResponseHeader {
    private static final int STATUS = 0x01;

    /// A header of zeros.
    public DataInHeader() {
        super(OperationCode.SCSI_DATA_IN);
    }

    /// Begins a PDU that is neither the last of its sequence nor carries status.
    ///
    /// @param itt of the command
    /// @param dataSn number of the PDU within the command
    /// @param offset of its first byte within the command's data
    public void data(int itt, int dataSn, int offset) {
        clear();
        bytes.put(1, (byte) 0);
        bytes.putInt(16, itt);
        bytes.putInt(20, NO_TAG);
        bytes.putInt(36, dataSn);
        bytes.putInt(40, offset);
    }

    /// Marks the last PDU of a sequence.
    public void endsSequence() {
        bytes.put(1, (byte) FINAL);
    }

    /// Makes it the last PDU of the command and collapses the status GOOD into it.
    public void endsCommand(Residual residual) {
        bytes.put(1, (byte) (FINAL | STATUS | residual.flags()));
        bytes.putInt(44, residual.count());
    }
}
