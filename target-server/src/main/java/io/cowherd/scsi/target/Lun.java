package io.cowherd.scsi.target;

/// Logical unit numbers on the wire: eight bytes, of which single-level LUNs use the first two (SAM-5 4.7).
///
/// ```
/// 00bbbbbb nnnnnnnn   peripheral device addressing; the bus is 0: LUN 0 to 255
/// 01nnnnnn nnnnnnnn   flat space addressing: LUN 0 to 16383
/// ```
///
/// **Threading.** *Immutable.*
public final class Lun {
    /// Largest LUN that can be addressed.
    public static final int MAX = 0x3FFF;

    /// What [#decode] answers for any other addressing.
    public static final int NONE = -1;

    private static final int FLAT = 0x4000;

    private Lun() {}

    /// The number in a LUN field, or [#NONE].
    public static int decode(long field) {
        int first = (int) (field >>> 48);
        if (field << 16 != 0) {
            return NONE;
        }
        if (first <= 0xFF) {
            return first;
        }
        return first >> 14 == 1 ? first & MAX : NONE;
    }

    /// The LUN field of a number: peripheral below 256, which is all that Windows can read, flat above.
    public static long encode(int lun) {
        return (long) (lun <= 0xFF ? lun : FLAT | lun) << 48;
    }
}
