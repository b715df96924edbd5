package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// Login Response (RFC 7143 11.13), opcode 0x23.
///
/// ```
///  0  |.|.| 0x23      |T|C|. .|CSG|NSG| Version-max (0) | Version-active (0)
///  4  TotalAHSLength | DataSegmentLength
///  8  ISID (6)                         | TSIH (2)
/// 16  ITT
/// 20  reserved
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  status class | status detail | reserved (2)
/// 40  reserved (8)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class LoginResponseHeader extends ResponseHeader {
    /// A header of zeros.
    public LoginResponseHeader() {
        super(OperationCode.LOGIN_RESPONSE);
    }

    /// Begins an answer to the request: same ISID and ITT, no stage, TSIH 0, success.
    public void answer(LoginRequestHeader request) {
        clear();
        bytes.putLong(8, request.isid() << 16);
        bytes.putInt(16, request.itt());
        bytes.put(1, (byte) 0);
    }

    /// Says where the login stands.
    ///
    /// @param currentStage CSG of the request
    /// @param nextStage NSG of the request; ignored unless `transits`
    /// @param transits true grants the transition
    public void stage(int currentStage, int nextStage, boolean transits) {
        int next = transits ? FINAL | nextStage : 0;
        bytes.put(1, (byte) (next | currentStage << 2));
    }

    /// The handle of the new session, in the last response of a login.
    public void tsih(int tsih) {
        bytes.putShort(14, (short) tsih);
    }

    /// Status class in the upper, detail in the lower byte.
    public void status(short status) {
        bytes.putShort(36, status);
    }
}
