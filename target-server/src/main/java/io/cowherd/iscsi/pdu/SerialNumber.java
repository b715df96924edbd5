package io.cowherd.iscsi.pdu;

/// Sequence numbers of 32 bits that wrap around: CmdSN, StatSN, DataSN (RFC 7143 2.2, after RFC 1982 serial number
/// arithmetic). `a` is less than `b` if `b` is reached from `a` by adding 1 to 2^31-1.
///
/// **Threading.** *Immutable.*
public final class SerialNumber {
    private SerialNumber() {}

    /// Negative, zero or positive as `a` is less than, equal to or greater than `b`. Numbers exactly 2^31 apart
    /// have no order; this answers negative for them.
    public static int compare(int a, int b) {
        return a - b;
    }
}
