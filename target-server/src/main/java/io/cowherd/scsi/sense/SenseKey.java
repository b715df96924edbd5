package io.cowherd.scsi.sense;

/// Sense keys that we send (SPC-4 4.5.6).
///
/// **Threading.** *Immutable.*
public enum SenseKey {
    /// Nothing to say.
    NO_SENSE(0x0),
    /// Cannot be accessed just now; hosts wait and try again.
    NOT_READY(0x2),
    /// The medium, or what stands for it, lost data.
    MEDIUM_ERROR(0x3),
    /// The logical unit is broken; hosts do not try again.
    HARDWARE_ERROR(0x4),
    /// The command is wrong.
    ILLEGAL_REQUEST(0x5),
    /// Something has changed.
    UNIT_ATTENTION(0x6),
    /// The block may not be written.
    DATA_PROTECT(0x7),
    /// A third-party copy ended early: part of it may be done.
    COPY_ABORTED(0xA),
    /// Given up half way; hosts try again.
    ABORTED_COMMAND(0xB),
    /// The data is not what the initiator said it would be.
    MISCOMPARE(0xE);

    private final int code;

    SenseKey(int code) {
        this.code = code;
    }

    /// The four bits on the wire.
    public int code() {
        return code;
    }
}
