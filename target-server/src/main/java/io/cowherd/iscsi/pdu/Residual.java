package io.cowherd.iscsi.pdu;

/// How far a command's transfer was from what the initiator expected (RFC 7143 11.4.5.1).
///
/// @param flags of a SCSI Response: bit 4 o, 3 u (bidirectional read), 2 O, 1 U; overflow and underflow exclude each other
/// @param count bytes for O or U
/// @param bidirectionalReadCount bytes for o or u
public record Residual(int flags, int count, int bidirectionalReadCount) {
    /// Everything was transferred as expected.
    public static final Residual NONE = new Residual(0, 0, 0);

    private static final int OVERFLOW = 0x04;
    private static final int UNDERFLOW = 0x02;
    private static final int BIDIRECTIONAL_SHIFT = 2;

    /// Of a command that moves data one way.
    ///
    /// @param expected what the initiator expected to move, 0 to 2^32-1
    /// @param actual what the command wanted to move, 0 or more
    public static Residual of(long expected, long actual) {
        return expected == actual
                ? NONE
                : new Residual(flag(expected, actual), count(expected, actual), 0);
    }

    /// Of a command with both R and W set.
    ///
    /// @param expectedOut what the initiator expected to send
    /// @param actualOut what the command wanted to receive
    /// @param expectedIn what the initiator expected to receive
    /// @param actualIn what the command wanted to send
    public static Residual bidirectional(
            long expectedOut, long actualOut, long expectedIn, long actualIn) {
        return new Residual(
                flag(expectedOut, actualOut) | flag(expectedIn, actualIn) << BIDIRECTIONAL_SHIFT,
                count(expectedOut, actualOut),
                count(expectedIn, actualIn));
    }

    private static int flag(long expected, long actual) {
        return expected == actual ? 0 : expected < actual ? OVERFLOW : UNDERFLOW;
    }

    private static int count(long expected, long actual) {
        return (int) Math.abs(expected - actual); // both within 32 bits unsigned
    }
}
