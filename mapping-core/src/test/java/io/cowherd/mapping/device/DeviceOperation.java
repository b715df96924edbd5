package io.cowherd.mapping.device;

/// One request as a test device sees it. What [GatedDevice], [FaultingDevice] and [CountingDevice] choose by.
///
/// @param kind what is asked
/// @param offsetBytes where it begins; 0 for a flush
/// @param lengthBytes how much; 0 for a flush
/// @param mode how durable a write or zeroing has to be; [WriteMode#CACHED] for all others
public record DeviceOperation(Kind kind, long offsetBytes, long lengthBytes, WriteMode mode) {
    /// The kinds of request of a [BlockDevice].
    public enum Kind {
        /// `read` and a successful `tryRead`.
        READ,
        /// `write` and a successful `tryWrite`.
        WRITE,
        /// `flush`.
        FLUSH,
        /// `writeZeroes`.
        ZERO,
        /// `discard`.
        DISCARD,
        /// `ensureAllocated`.
        ALLOCATE
    }

    /// True if this is of that kind.
    public boolean is(Kind wanted) {
        return kind == wanted;
    }

    /// True if any byte of this request lies in the range.
    public boolean touches(long rangeOffsetBytes, long rangeLengthBytes) {
        return offsetBytes < rangeOffsetBytes + rangeLengthBytes
                && rangeOffsetBytes < offsetBytes + lengthBytes;
    }

    /// One line: `WRITE 8192+4096 DURABLE`.
    @Override
    public String toString() {
        return switch (kind) {
            case FLUSH -> "FLUSH";
            case READ, DISCARD, ALLOCATE -> kind + " " + offsetBytes + "+" + lengthBytes;
            case WRITE, ZERO ->
                    kind
                            + " "
                            + offsetBytes
                            + "+"
                            + lengthBytes
                            + (mode == WriteMode.DURABLE ? " DURABLE" : "");
        };
    }
}
