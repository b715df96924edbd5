package io.cowherd.scsi.copy;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.copy.CopyList.CopyTarget;
import io.cowherd.scsi.copy.CopyList.Segment;
import io.cowherd.scsi.lu.BlockCopy;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.Outcome;
import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The third-party copies of one nexus.
///
/// The life of an EXTENDED COPY:
///
/// 1. **Decode** the parameter list ([CopyList]): what is wrong with it is ILLEGAL REQUEST.
/// 2. **Plan** all segments: find the logical units, ask [CopyReach] whether they may be used so, and check the ranges. No byte has moved yet;
///    what is wrong now is COPY ABORTED. [CopyReach] is asked again for each piece: a right may go.
/// 3. **Copy** the segments in order ([BlockCopy]). A failure ends the command; what has been copied before stays.
///
/// Copies run in the foreground: the status comes when the copy has ended, and says how. A stop (an abort of the task, COPY OPERATION ABORT) is seen
/// between two pieces.
///
/// Operating parameters (SPC-4 6.22), big-endian: what is reported is what is enforced.
///
/// | offset | size | field                               | value                                          |
/// |-------:|-----:|-------------------------------------|------------------------------------------------|
/// |      0 |    4 | available data                      | 42                                             |
/// |      4 |    1 | SNLID                               | 1: LIST ID USAGE 3 is taken                    |
/// |      8 |    2 | maximum CSCD descriptor count       | [CopyList#MAX_TARGETS]                         |
/// |     10 |    2 | maximum segment descriptor count    | [CopyList#MAX_SEGMENTS]                        |
/// |     12 |    4 | maximum descriptor list length      | [CopyList#maxDescriptorBytes]                  |
/// |     16 |    4 | maximum segment length, bytes       | [#MAX_SEGMENT_BYTES]                           |
/// |     34 |    2 | total concurrent copies             | [#MAX_RECORDS]                                 |
/// |     36 |    1 | maximum concurrent copies           | [#MAX_RECORDS]                                 |
/// |     37 |    1 | data segment granularity, log2      | 9                                              |
/// |     43 |    1 | implemented descriptors             | 2: `02 E4`                                     |
///
/// **Threading.** *Thread-safe: the records are kept under a lock that is never held while anything is copied.*
public final class CopyManager {
    /// Bytes of one segment.
    static final int MAX_SEGMENT_BYTES = 32 << 20;

    /// Copies that a nexus may ask about, running ones among them; the oldest that has ended makes room.
    static final int MAX_RECORDS = 16;

    private static final Logger LOG = LoggerFactory.getLogger(CopyManager.class);

    // Immutable
    private final String initiatorPort;
    private final Supplier<CopyReach> reach;

    // Guarded by itself
    private final Map<Integer, CopyRecord> records = new LinkedHashMap<>();

    /// @param initiatorPort SCSI name of the nexus's initiator port
    /// @param reach what it may reach, asked for each copy
    public CopyManager(String initiatorPort, Supplier<CopyReach> reach) {
        this.initiatorPort = initiatorPort;
        this.reach = reach;
    }

    /// All segments, or why there is one that cannot be copied.
    private record Plan(List<BlockCopy> segments, @Nullable Sense refusal) {}

    /// Executes an EXTENDED COPY. For threads that may block.
    ///
    /// @param received the parameter list; borrowed
    /// @param asked the logical unit that the command was sent to
    /// @param stopped true once nobody waits for the command any more
    public Outcome copy(ByteBuffer received, LogicalUnit asked, BooleanSupplier stopped) {
        if (!received.hasRemaining()) {
            return Outcome.DONE;
        }
        return switch (CopyList.decode(received)) { // 1
            case CopyParameters.Wrong(Sense sense) -> new Outcome.CheckCondition(sense);
            case CopyList list -> copy(list, asked, stopped);
        };
    }

    private Outcome copy(CopyList list, LogicalUnit asked, BooleanSupplier stopped) {
        CopyRecord copyRecord = new CopyRecord();
        Sense refusal = list.isKept() ? keep(list.listId(), copyRecord) : null;
        if (refusal != null) {
            return new Outcome.CheckCondition(refusal);
        }
        Sense why = Sense.INTERNAL_FAILURE;
        try {
            why = carryOut(list, asked, copyRecord, stopped);
        } catch (RuntimeException | Error e) {
            // The outermost loop of a command: what is broken is this copy, not the server.
            LOG.error("{} of {} failed.", list, initiatorPort, e);
        } finally {
            copyRecord.ended(why);
        }
        return why == null ? Outcome.DONE : new Outcome.CheckCondition(why);
    }

    private @Nullable Sense carryOut(
            CopyList list, LogicalUnit asked, CopyRecord copyRecord, BooleanSupplier stopped) {
        Plan plan = plan(list, asked); // 2
        if (plan.refusal() != null) {
            return plan.refusal();
        }
        BooleanSupplier stop = () -> stopped.getAsBoolean() || copyRecord.isStopped();
        for (BlockCopy segment : plan.segments()) { // 3
            Sense failure = segment.run(stop, copyRecord::copied);
            if (failure != null) {
                return failure;
            }
            copyRecord.segmentDone();
        }
        return null;
    }

    // -- 2. plan --

    private Plan plan(CopyList list, LogicalUnit asked) {
        var planned = new ArrayList<BlockCopy>();
        for (Segment segment : list.segments()) {
            var source = resolve(list, segment.source(), asked, CopyReach.Use.READ);
            var destination = resolve(list, segment.destination(), asked, CopyReach.Use.WRITE);
            if (source.unit() == null) {
                return new Plan(List.of(), source.refusal());
            }
            if (destination.unit() == null) {
                return new Plan(List.of(), destination.refusal());
            }
            LogicalUnit counted =
                    segment.countsDestinationBlocks() ? destination.unit() : source.unit();
            long bytes = (long) segment.blocks() * counted.blockBytes();
            Sense refusal = refuses(segment, source.unit(), destination.unit(), bytes);
            if (refusal != null) {
                return new Plan(List.of(), refusal);
            }
            planned.add(
                    new BlockCopy(
                            side(source.unit(), segment.sourceLba(), CopyReach.Use.READ),
                            side(destination.unit(), segment.destinationLba(), CopyReach.Use.WRITE),
                            bytes));
        }
        return new Plan(planned, null);
    }

    private BlockCopy.Side side(LogicalUnit unit, long lba, CopyReach.Use use) {
        return new BlockCopy.Side(unit, lba * unit.blockBytes(), () -> mayUse(unit, use));
    }

    private boolean mayUse(LogicalUnit unit, CopyReach.Use use) {
        return !reach.get().isReserved(initiatorPort, unit, use)
                && (use == CopyReach.Use.READ || unit.isWritable());
    }

    /// A logical unit, or why there is none.
    private record Resolved(@Nullable LogicalUnit unit, @Nullable Sense refusal) {
        static Resolved refused(Sense why) {
            return new Resolved(null, why);
        }
    }

    private Resolved resolve(CopyList list, int index, LogicalUnit asked, CopyReach.Use use) {
        LogicalUnit unit = asked;
        if (index != CopyList.THE_ONE_ASKED) {
            if (index >= list.targets().size()) {
                return Resolved.refused(Sense.UNREACHABLE_COPY_TARGET);
            }
            CopyTarget target = list.targets().get(index);
            unit = find(target, asked);
            if (unit == null) {
                return Resolved.refused(Sense.COPY_TARGET_NOT_FOUND);
            }
            if (target.blockBytes() != 0 && target.blockBytes() != unit.blockBytes()) {
                int at = CopyList.HEADER_BYTES + index * CopyList.TARGET_BYTES + 29;
                return Resolved.refused(Sense.invalidListField(at));
            }
        }
        return mayUse(unit, use)
                ? new Resolved(unit, null)
                : Resolved.refused(Sense.COPY_DEVICE_FAILURE);
    }

    private @Nullable LogicalUnit find(CopyTarget target, LogicalUnit asked) {
        return asked.identity().isNaa(target.naaHead(), target.naaTail())
                ? asked
                : reach.get().find(initiatorPort, target.naaHead(), target.naaTail());
    }

    private static @Nullable Sense refuses(
            Segment segment, LogicalUnit source, LogicalUnit destination, long bytes) {
        if (bytes % source.blockBytes() != 0 || bytes % destination.blockBytes() != 0) {
            return Sense.INEXACT_COPY_SEGMENT;
        }
        if (bytes > MAX_SEGMENT_BYTES
                || isBeyond(segment.sourceLba(), bytes, source)
                || isBeyond(segment.destinationLba(), bytes, destination)) {
            return Sense.COPY_ABORTED;
        }
        return null;
    }

    private static boolean isBeyond(long lba, long bytes, LogicalUnit unit) {
        long capacity = unit.blocks();
        return Long.compareUnsigned(lba, capacity) > 0
                || bytes / unit.blockBytes() > capacity - lba;
    }

    // -- results --

    /// Keeps the record of a copy that begins, or returns why it may not begin.
    private @Nullable Sense keep(int listId, CopyRecord copyRecord) {
        synchronized (records) {
            CopyRecord before = records.remove(listId);
            if (before != null && before.isRunning()) {
                records.put(listId, before);
                return Sense.COPY_IN_PROGRESS;
            }
            if (records.size() == MAX_RECORDS && !dropOldest()) {
                return Sense.INSUFFICIENT_RESOURCES;
            }
            records.put(listId, copyRecord);
            return null;
        }
    }

    private boolean dropOldest() {
        for (var entry : records.entrySet()) {
            if (!entry.getValue().isRunning()) {
                return records.remove(entry.getKey()) != null;
            }
        }
        return false;
    }

    private @Nullable CopyRecord find(long listId) {
        synchronized (records) {
            return listId > 0xFF ? null : records.get((int) listId);
        }
    }

    /// Executes a RECEIVE COPY RESULTS. Never waits.
    ///
    /// @param dataIn room for the answer; borrowed
    public Outcome receive(Cdb.ReceiveCopyResults cdb, ByteBuffer dataIn) {
        CopyRecord copyRecord = find(cdb.listId());
        ByteBuffer answer =
                switch (cdb.result()) {
                    case OPERATING_PARAMETERS -> operatingParameters();
                    case STATUS -> copyRecord == null ? null : copyRecord.encodeStatus();
                    case FAILED_SEGMENT -> copyRecord == null ? null : copyRecord.encodeFailure();
                };
        return answer == null
                ? new Outcome.CheckCondition(Sense.invalidField(2))
                : LogicalUnit.send(answer, cdb.allocationBytes(), dataIn);
    }

    /// Executes a COPY OPERATION ABORT. Does not wait until the copy has ended.
    public Outcome abort(Cdb.CopyAbort cdb) {
        CopyRecord copyRecord = find(cdb.listId());
        if (copyRecord == null || !copyRecord.isRunning()) {
            return new Outcome.CheckCondition(Sense.invalidField(2));
        }
        copyRecord.stop();
        return Outcome.DONE;
    }

    private static ByteBuffer operatingParameters() {
        return ByteBuffer.allocate(46)
                .putInt(0, 42)
                .put(4, (byte) 1)
                .putShort(8, (short) CopyList.MAX_TARGETS)
                .putShort(10, (short) CopyList.MAX_SEGMENTS)
                .putInt(12, CopyList.maxDescriptorBytes())
                .putInt(16, MAX_SEGMENT_BYTES)
                .putShort(34, (short) MAX_RECORDS)
                .put(36, (byte) MAX_RECORDS)
                .put(37, (byte) 9)
                .put(43, (byte) 2)
                .put(44, (byte) CopyList.SEGMENT_TYPE)
                .put(45, (byte) CopyList.TARGET_TYPE);
    }
}
