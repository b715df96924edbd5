package io.cowherd.scsi.alua;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.SenseKey;
import org.jspecify.annotations.Nullable;

/// Asymmetric access states (SPC-4 5.15.2.4): what a logical unit does for hosts that come by a target port group.
///
/// | state               | code | commands that are executed                                        | all others end with |
/// |---------------------|-----:|-------------------------------------------------------------------|---------------------|
/// | active/optimized    |    0 | all                                                               |                     |
/// | active/non-optimized |   1 | all                                                               |                     |
/// | standby             |    2 | as unavailable, and MODE, LOG SENSE, SEND DIAGNOSTIC, PERSISTENT RESERVE, READ CAPACITY | 2/04/0B             |
/// | unavailable         |    3 | INQUIRY, REPORT LUNS, REPORT TARGET PORT GROUPS, REQUEST SENSE    | 2/04/0C             |
/// | offline             |    E | as unavailable                                                    | 2/04/12             |
/// | transitioning       |    F | as unavailable                                                    | 2/04/0A             |
///
/// READ CAPACITY is not in the standard's list for standby; hosts that find a disk by such a path would take it for empty
/// (LIO answers it as well). A command that is wrong in itself is told so in every state.
///
/// **Threading.** *Immutable.*
@SuppressWarnings("ImmutableEnumChecker") // a Sense is a record of numbers
public enum AccessState {
    /// Everything, as fast as it can.
    ACTIVE_OPTIMIZED(0x0, null),
    /// Everything, by a longer way.
    ACTIVE_NON_OPTIMIZED(0x1, null),
    /// Ready to take over: no access to the medium.
    STANDBY(0x2, notReady(0x040B)),
    /// Not to be reached by these ports, nor soon.
    UNAVAILABLE(0x3, notReady(0x040C)),
    /// Not to be reached by these ports until somebody acts.
    OFFLINE(0xE, notReady(0x0412)),
    /// On its way from one state to another: hosts try again.
    TRANSITIONING(0xF, Sense.ACCESS_STATE_TRANSITION);

    private final int code;
    private final @Nullable Sense refusal;

    AccessState(int code, @Nullable Sense refusal) {
        this.code = code;
        this.refusal = refusal;
    }

    private static Sense notReady(int code) {
        return Sense.of(SenseKey.NOT_READY, code);
    }

    /// The four bits on the wire.
    public int code() {
        return code;
    }

    /// Why a command is not executed in this state, or null if it is.
    public @Nullable Sense refuses(Cdb cdb) {
        return refusal == null || isAlwaysExecuted(cdb) || (this == STANDBY && isAboutSettings(cdb))
                ? null
                : refusal;
    }

    private static boolean isAlwaysExecuted(Cdb cdb) {
        return switch (cdb) {
            case Cdb.StandardInquiry _,
                    Cdb.VitalProductData _,
                    Cdb.ReportLuns _,
                    Cdb.ReportPortGroups _,
                    Cdb.RequestSense _,
                    Cdb.Refused _ ->
                    true;
            default -> false; // whatever is new has to be let in here
        };
    }

    private static boolean isAboutSettings(Cdb cdb) {
        return switch (cdb) {
            case Cdb.ModeSense _,
                    Cdb.ModeSelect _,
                    Cdb.LogSense _,
                    Cdb.SendDiagnostic _,
                    Cdb.PersistentReserveIn _,
                    Cdb.PersistentReserveOut _,
                    Cdb.ReadCapacity10 _,
                    Cdb.ReadCapacity16 _ ->
                    true;
            default -> false;
        };
    }
}
