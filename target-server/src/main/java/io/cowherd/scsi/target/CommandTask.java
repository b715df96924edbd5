package io.cowherd.scsi.target;

import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.alua.AccessState;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.lu.InquiryData;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.Outcome;
import io.cowherd.scsi.reservation.Demand;
import io.cowherd.scsi.reservation.Effects;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One command, from its CDB to its status:
///
/// 1. **Judge** it when it is taken in: a command that cannot work moves no data.
/// 2. **Hold** it back if a task with the ORDERED attribute wants that.
/// 3. **Attention** first: if the host has to be told something, it is told that instead. If somebody has reserved the
///    logical unit, it is told that: judged now, not in step 1, and once. A change of reservations that comes later waits for
///    tasks that run and would be let in no more ([TargetNexus#settle]).
/// 4. **Execute** it on the event loop, or if it would have to wait, by a [StorageJob] on a thread that may.
/// 5. **Complete** it on the event loop, once, with status, sense and length.
///
/// **Threading.** *Confined to the connection's event loop*; a storage job only calls [#executeOn] and [#isStopped].
final class CommandTask implements Task, Runnable {
    private static final byte GOOD = 0x00;
    private static final byte CHECK_CONDITION = 0x02;
    private static final byte BUSY = 0x08;
    private static final byte RESERVATION_CONFLICT = 0x18;
    private static final byte TASK_SET_FULL = 0x28;
    private static final byte TASK_ABORTED = 0x40;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /// SELECT REPORT codes of REPORT LUNS (SPC-4 6.33): 0 all but well known, 1 well known only, 2 all, 10 to 12 the
    /// same with administrative or subsidiary ones, of which there are none.
    private static final int WELL_KNOWN_ONLY = 1;

    /// Who aborted a task.
    enum AbortCause {
        /// Its own initiator, or the end of its nexus: no response.
        OWN_NEXUS,
        /// Somebody else: TASK ABORTED, as TAS is 1.
        SOMEBODY_ELSE,
        /// Nobody: the target moves to another node, where its host may try again.
        MOVED
    }

    // Immutable
    private final TargetNexus nexus;
    private final LunMap.@Nullable Entry entry;
    private final int lun;
    private final Cdb cdb;
    private final Nexus.TaskAttribute attribute;
    private final @Nullable Sense refusal;
    private final int dataInBytes;

    // Owned by the event loop
    @Nullable CommandTask earlier;
    @Nullable CommandTask later;
    private TaskState state = TaskState.RECEIVED;
    private int dataOutBytes;
    private boolean surplusDataOut;
    private ByteBuffer dataOut = EMPTY;
    private ByteBuffer dataIn = EMPTY;
    private @Nullable Completion completion;
    private @Nullable StorageJob job;
    private @Nullable List<Drain> drains;
    private byte status = GOOD;
    private ByteBuffer sense = EMPTY;
    private int dataInLength;

    // Written by the event loop, read by a storage job
    private volatile @Nullable AbortCause abortCause;

    CommandTask(
            TargetNexus nexus,
            LunMap.@Nullable Entry entry,
            int lun,
            Cdb cdb,
            Nexus.TaskAttribute attribute) {
        this.nexus = nexus;
        this.entry = entry;
        this.lun = lun;
        this.cdb = cdb;
        this.attribute = attribute;
        this.refusal = judge(); // 1
        int blockBytes = entry == null ? 1 : entry.unit().blockBytes();
        this.dataOutBytes = refusal == null ? (int) cdb.dataOutBytes(blockBytes) : 0;
        this.dataInBytes = refusal == null ? cdb.answerBytes(blockBytes) : 0;
    }

    private @Nullable Sense judge() {
        if (entry != null) {
            if (isForbidden()) {
                return Sense.WRITE_PROTECTED;
            }
            boolean autoContingentAllegiance = attribute == Nexus.TaskAttribute.ACA;
            return autoContingentAllegiance ? Sense.INVALID_FIELD : entry.unit().refuses(cdb);
        }
        return switch (cdb) {
            case Cdb.StandardInquiry _, Cdb.ReportLuns _, Cdb.RequestSense _ -> null;
            default -> Sense.NO_SUCH_LUN; // whatever else it is
        };
    }

    /// True if the host may only read, and this would change what others see or may do.
    private boolean isForbidden() {
        return nexus.isReadOnly()
                && switch (cdb) {
                    case Cdb.Changing _,
                            Cdb.ModeSelect _,
                            Cdb.PersistentReserveOut _,
                            Cdb.Reserve6 _ ->
                            true;
                    default -> false;
                };
    }

    @Override
    public int dataOutBytes() {
        return dataOutBytes;
    }

    @Override
    public int dataInBytes() {
        return dataInBytes;
    }

    @Override
    public void announced(long expectedBytes) {
        if (cdb.takesWhatIsSent()) {
            dataOutBytes = (int) Math.min(expectedBytes, dataOutBytes);
        }
        surplusDataOut = expectedBytes > dataOutBytes;
    }

    // -- 2. hold --

    @Override
    public void execute(ByteBuffer out, ByteBuffer in, Completion toldTo) {
        nexus.checkThread();
        dataOut = out;
        dataIn = in;
        completion = toldTo;
        switch (state) {
            case RECEIVED -> {
                if (nexus.mustHold(this)) {
                    state = TaskState.HELD;
                    nexus.held(1);
                } else {
                    start();
                }
            }
            case WITHDRAWN -> end();
            case HELD, RUNNING, ENDED -> throw new AssertionError("Executed twice: " + this);
        }
    }

    /// Starts a task that nothing holds back any more.
    void start() {
        leaveHeld();
        state = TaskState.RUNNING;
        Outcome early = attentionOrRefusal();
        Outcome outcome = early == null ? executeNow() : early; // 4
        if (outcome != null) {
            finish(outcome);
        } else {
            executeBlocking();
        }
    }

    private void leaveHeld() {
        if (state == TaskState.HELD) {
            nexus.held(-1);
        }
    }

    // -- 3. attention --

    /// In the order of SAM-5 5.3.3: unit attention, RESERVATION CONFLICT, all else.
    private @Nullable Outcome attentionOrRefusal() {
        UnitAttention attention = takeAttention();
        if (attention != null) {
            return new Outcome.CheckCondition(attention.sense());
        }
        if (!isAdmitted()) {
            return Outcome.CONFLICT;
        }
        Sense why = refusedNow();
        return why == null ? null : new Outcome.CheckCondition(why);
    }

    private boolean isAdmitted() {
        return entry == null || isAdmitted(entry);
    }

    /// True unless somebody has reserved a logical unit against this command.
    boolean isAdmitted(LunMap.Entry place) {
        return place.reservations().admits(cdb, nexus.name());
    }

    /// True if it was sent to that logical unit. A copy may touch others as well: those know about it ([LogicalUnit#shutOut]).
    boolean isOn(LogicalUnit unit) {
        return entry != null && entry.unit() == unit;
    }

    /// True if it is about reservations: such a task may itself wait for others, and touches no medium.
    boolean isAboutReservations() {
        return Demand.of(cdb) == Demand.RESERVE;
    }

    private @Nullable Sense refusedNow() {
        Sense inaccessible = entry == null ? null : nexus.accessState().refuses(cdb);
        if (inaccessible != null) {
            return inaccessible;
        }
        if (refusal != null) {
            return refusal;
        }
        if (isForbidden()) {
            return Sense.WRITE_PROTECTED; // since the command came in
        }
        boolean wrongLength = surplusDataOut || dataOut.remaining() < dataOutBytes;
        if (wrongLength && cdb.wantsExactDataOut()) {
            return Sense.INVALID_FIELD;
        }
        // SWP may have been set while the data was on its way.
        return cdb instanceof Cdb.Changing && entry != null ? entry.unit().refuses(cdb) : null;
    }

    private @Nullable UnitAttention takeAttention() {
        return switch (cdb) {
            case Cdb.StandardInquiry _,
                    Cdb.VitalProductData _,
                    Cdb.ReportLuns _,
                    Cdb.RequestSense _ ->
                    null;
            default -> entry == null ? null : nexus.attentions().take(entry.unit());
        };
    }

    // -- 4. execute --

    private @Nullable Outcome executeNow() {
        if (cdb instanceof Cdb.ReportLuns(int selectReport, long allocationBytes)) {
            nexus.attentions().lunsReported();
            ByteBuffer report = nexus.luns().report(selectReport == WELL_KNOWN_ONLY);
            return LogicalUnit.send(report, allocationBytes, dataIn);
        }
        if (cdb instanceof Cdb.ReportPortGroups(Cdb.Header header, long allocationBytes)) {
            return LogicalUnit.send(nexus.portGroups().encode(header), allocationBytes, dataIn);
        }
        if (cdb instanceof Cdb.PersistentReserveIn in && entry != null) {
            return new ReservationCommands(entry, nexus).reserveIn(in, dataIn);
        }
        if (entry != null) {
            int start = dataIn.position();
            Outcome outcome =
                    switch (cdb) {
                        case Cdb.ReceiveCopyResults receive ->
                                nexus.copies().receive(receive, dataIn);
                        case Cdb.CopyAbort copyAbort -> nexus.copies().abort(copyAbort);
                        default ->
                                entry.unit().executeNow(cdb, dataOut, dataIn, nexus.targetPort());
                    };
            if (cdb instanceof Cdb.ModeSense sense && nexus.isReadOnly()) {
                sayWriteProtected(sense.header(), start);
            }
            return outcome;
        }
        return switch (cdb) {
            case Cdb.StandardInquiry(long allocationBytes) ->
                    LogicalUnit.send(InquiryData.standardOfAbsent(lun), allocationBytes, dataIn);
            case Cdb.RequestSense(boolean descriptor, long allocationBytes) ->
                    LogicalUnit.send(Sense.NO_SUCH_LUN.encode(descriptor), allocationBytes, dataIn);
            default -> throw new AssertionError("Not refused without a logical unit: " + cdb);
        };
    }

    /// Sets WP in the mode parameter header (SPC-4 7.5.5): to this host the disk is read-only.
    private void sayWriteProtected(Cdb.Header header, int start) {
        int at =
                start
                        + switch (header) {
                            case SHORT -> 2;
                            case LONG -> 3;
                        };
        if (dataIn.position() > at) {
            dataIn.put(at, (byte) (dataIn.get(at) | 0x80));
        }
    }

    private void executeBlocking() {
        LunMap.Entry place = java.util.Objects.requireNonNull(entry);
        StorageJob storageJob = new StorageJob(this, place, dataOut, dataIn);
        job = storageJob;
        IoPool.Lane lane = isAboutReservations() ? place.reservationLane() : place.lane();
        IoPool.Kind kind = cdb instanceof Cdb.Read ? IoPool.Kind.READ : IoPool.Kind.OTHER;
        if (!lane.tryExecute(storageJob, kind)) {
            job = null;
            status = TASK_SET_FULL;
            end();
        }
    }

    /// Executes what has to wait, on a thread that may.
    Outcome executeOn(LunMap.Entry place, ByteBuffer out, ByteBuffer in) {
        return switch (cdb) {
            case Cdb.ExtendedCopy _ -> nexus.copies().copy(out, place.unit(), this::isStopped);
            case Cdb.PersistentReserveOut reserve ->
                    new ReservationCommands(place, nexus).reserveOut(reserve, out);
            case Cdb.Reserve6 _ -> new ReservationCommands(place, nexus).reserve6();
            case Cdb.Release6 _ -> new ReservationCommands(place, nexus).release6();
            default -> place.unit().executeBlocking(cdb, out, in, this::isStopped); // all others
        };
    }

    /// True once nobody waits for the result. Any thread.
    boolean isStopped() {
        return abortCause != null;
    }

    /// Brings the task back to its event loop. Any thread, once per storage job.
    void comeBack() {
        nexus.post(this);
    }

    /// The task is back on its event loop: its storage job has ended, or never will run.
    @Override
    public void run() {
        StorageJob ended = job;
        Outcome outcome = ended == null ? null : ended.outcome();
        if (outcome == null) {
            end();
        } else if (outcome instanceof Outcome.Reserved(Effects effects) && entry != null) {
            // even if it has been aborted: the change is durable and in force
            nexus.settleEverywhere(entry, effects, this, () -> finish(Outcome.DONE));
        } else {
            finish(outcome);
        }
    }

    // -- 5. complete --

    private void finish(Outcome outcome) {
        switch (outcome) {
            case Outcome.Good(int bytes) -> dataInLength = bytes;
            case Outcome.GoodTellOthers(UnitAttention attention) -> tellOthers(attention);
            case Outcome.Conflict _ -> status = RESERVATION_CONFLICT;
            case Outcome.Reserved _ -> throw new AssertionError("Not settled: " + this);
            case Outcome.CheckCondition(Sense why) -> {
                status = CHECK_CONDITION;
                sense = why.encode(entry != null && entry.unit().descriptorSense());
            }
        }
        end();
    }

    private void tellOthers(UnitAttention attention) {
        if (entry != null) {
            nexus.tellOthers(entry.unit(), attention);
        }
    }

    private void end() {
        if (state != TaskState.WITHDRAWN) {
            nexus.unlink(this);
        }
        state = TaskState.ENDED;
        job = null;
        dataOut = EMPTY;
        dataIn = EMPTY;
        Completion toldTo = completion;
        if (toldTo != null) {
            toldTo.completed(this);
        }
        if (drains != null) {
            drains.forEach(Drain::ended);
        }
        nexus.releaseHeld();
    }

    // -- abort --

    @Override
    public void abort() {
        nexus.checkThread();
        abort(AbortCause.OWN_NEXUS);
    }

    void abort(AbortCause cause) {
        if (abortCause != null) {
            return;
        }
        switch (state) {
            case RECEIVED -> {
                abortCause = cause;
                state = TaskState.WITHDRAWN;
                nexus.unlink(this);
                nexus.releaseHeldLater();
            }
            case HELD -> {
                abortCause = cause;
                leaveHeld();
                state = TaskState.RUNNING;
                comeBack();
            }
            case RUNNING -> {
                abortCause = cause;
                if (job != null && job.withdraw()) {
                    comeBack();
                }
            }
            case WITHDRAWN, ENDED -> {}
        }
    }

    /// Has `drain` wait for this task if it still runs.
    void drainInto(Drain drain) {
        if (state == TaskState.RUNNING) {
            if (drains == null) {
                drains = new ArrayList<>(1);
            }
            drain.add();
            drains.add(drain);
        }
    }

    // -- answers --

    LunMap.@Nullable Entry entry() {
        return entry;
    }

    TaskState state() {
        return state;
    }

    boolean isOrdered() {
        return attribute == Nexus.TaskAttribute.ORDERED;
    }

    boolean isHeadOfQueue() {
        return attribute == Nexus.TaskAttribute.HEAD_OF_QUEUE;
    }

    @Override
    public boolean hasStarted() {
        return switch (state) {
            case RECEIVED, HELD, WITHDRAWN -> false;
            case RUNNING, ENDED -> true;
        };
    }

    @Override
    public boolean aborted() {
        return abortCause != null;
    }

    @Override
    public boolean respondsThoughAborted() {
        return abortCause == AbortCause.SOMEBODY_ELSE || abortCause == AbortCause.MOVED;
    }

    @Override
    public byte status() {
        if (abortCause == AbortCause.MOVED) {
            return AccessState.TRANSITIONING.refuses(cdb) == null ? BUSY : CHECK_CONDITION;
        }
        return aborted() ? TASK_ABORTED : status; // never GOOD, even if nobody executes it any more
    }

    @Override
    public ByteBuffer sense() {
        if (abortCause == AbortCause.MOVED) {
            Sense moving = AccessState.TRANSITIONING.refuses(cdb);
            return moving == null ? EMPTY : moving.encode(false);
        }
        return aborted() ? EMPTY : sense;
    }

    @Override
    public int dataInLength() {
        return aborted() ? 0 : dataInLength;
    }

    @Override
    public String toString() {
        return "%s on LUN %d, %s".formatted(cdb, lun, state);
    }
}
