package io.cowherd.scsi.sense;

/// What a host must be told before its next command runs (SAM-5 5.14), in order of precedence: a reset outranks a change.
///
/// Each is reported once per nexus and logical unit. There are as many as can ever be pending, so that no queue overflows.
///
/// **Threading.** *Immutable.*
public enum UnitAttention {
    /// POWER ON, RESET, OR BUS DEVICE RESET OCCURRED: the nexus is new to this target.
    POWER_ON(0x2900),
    /// SCSI BUS RESET OCCURRED: a target reset.
    TARGET_RESET(0x2902),
    /// BUS DEVICE RESET FUNCTION OCCURRED: a logical unit reset.
    LOGICAL_UNIT_RESET(0x2903),
    /// I_T NEXUS LOSS OCCURRED: this initiator port was here before.
    NEXUS_LOSS(0x2907),
    /// COMMANDS CLEARED BY ANOTHER INITIATOR.
    COMMANDS_CLEARED(0x2F00),
    /// REPORTED LUNS DATA HAS CHANGED: one report serves all logical units of the nexus.
    LUNS_CHANGED(0x3F0E),
    /// INQUIRY DATA HAS CHANGED.
    INQUIRY_CHANGED(0x3F03),
    /// ASYMMETRIC ACCESS STATE CHANGED: hosts ask REPORT TARGET PORT GROUPS.
    ACCESS_STATE_CHANGED(0x2A06),
    /// MODE PARAMETERS CHANGED.
    MODE_CHANGED(0x2A01),
    /// RESERVATIONS PREEMPTED: all registrations have been cleared.
    RESERVATIONS_PREEMPTED(0x2A03),
    /// RESERVATIONS RELEASED.
    RESERVATIONS_RELEASED(0x2A04),
    /// REGISTRATIONS PREEMPTED: this nexus is registered no more.
    REGISTRATIONS_PREEMPTED(0x2A05),
    /// CAPACITY DATA HAS CHANGED.
    CAPACITY_CHANGED(0x2A09),
    /// THIN PROVISIONING SOFT THRESHOLD REACHED.
    SPACE_THRESHOLD(0x3807);

    private final int code;

    UnitAttention(int code) {
        this.code = code;
    }

    /// The sense that reports it.
    public Sense sense() {
        return Sense.of(SenseKey.UNIT_ATTENTION, code);
    }
}
