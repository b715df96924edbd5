package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;

/// A command, decoded: one record per kind, whatever the length of its CDB. [Operation] has the bytes.
///
/// Lengths are in logical blocks or bytes as named, not yet judged against any logical unit.
///
/// **Threading.** *Immutable.*
public sealed interface Cdb {
    /// Bytes of the buffer that [#decode] wants; a shorter CDB is padded.
    int BYTES = 16;

    /// Bytes of the longest parameter list that EXTENDED COPY takes, its header of 16 included.
    int MAX_COPY_LIST_BYTES = 720;

    /// Most bytes of an answer that is not READ data; allocation lengths beyond it are cut.
    int MAX_ANSWER_BYTES = 64 << 10;

    /// Decodes the 16 bytes at the buffer's position, which does not move. Never throws for what they are: a command that
    /// we do not have, or that asks for what we do not do, becomes [Refused].
    static Cdb decode(ByteBuffer cdb) {
        return Operation.decode(CdbBytes.of(cdb));
    }

    /// Bytes that the command asks the initiator to send.
    ///
    /// @param blockBytes bytes of a logical block
    default long dataOutBytes(int blockBytes) {
        return 0;
    }

    /// Most bytes that the command lets the target send.
    ///
    /// @param blockBytes bytes of a logical block
    default long dataInBytes(int blockBytes) {
        return 0;
    }

    /// Room that the answer may need: [#dataInBytes], cut where nobody answers as much.
    ///
    /// @param blockBytes bytes of a logical block
    default int answerBytes(int blockBytes) {
        long most = this instanceof Read ? Integer.MAX_VALUE : MAX_ANSWER_BYTES;
        return (int) Math.min(most, dataInBytes(blockBytes));
    }

    /// True if data-out of any other length than [#dataOutBytes] makes the command wrong, because nobody could say what
    /// was meant; other commands do as much as was sent.
    default boolean wantsExactDataOut() {
        return false;
    }

    /// True if the CDB does not say how long its data-out is: it is as long as the initiator says, up to [#dataOutBytes].
    default boolean takesWhatIsSent() {
        return false;
    }

    /// A command on a range of logical blocks.
    sealed interface OnBlocks extends Cdb {
        /// First block, as an unsigned number.
        long lba();

        /// Blocks in the range, 0 to 2^32 - 1; never meaning "to the end" here.
        long blocks();
    }

    /// A command that changes blocks: refused where writing is.
    sealed interface Changing extends Cdb {}

    /// A command that asks for parameter data: at most as much as it has allocated room for.
    sealed interface Asking extends Cdb {
        /// ALLOCATION LENGTH, 0 to 2^32 - 1.
        long allocationBytes();

        @Override
        default long dataInBytes(int blockBytes) {
            return allocationBytes();
        }
    }

    // -- what every device has (SPC-4) --

    /// TEST UNIT READY.
    record TestUnitReady() implements Cdb {}

    /// REQUEST SENSE.
    record RequestSense(boolean descriptorFormat, long allocationBytes) implements Asking {}

    /// INQUIRY, standard data.
    record StandardInquiry(long allocationBytes) implements Asking {}

    /// INQUIRY, a page of vital product data.
    record VitalProductData(int page, long allocationBytes) implements Asking {}

    /// REPORT LUNS.
    record ReportLuns(int selectReport, long allocationBytes) implements Asking {}

    /// MODE SENSE (6) and (10).
    record ModeSense(
            Header header,
            boolean blockDescriptor,
            boolean longLbaAccepted,
            PageControl control,
            int page,
            int subpage,
            long allocationBytes)
            implements Asking {}

    /// MODE SELECT (6) and (10).
    record ModeSelect(Header header, int listBytes) implements Cdb {
        @Override
        public long dataOutBytes(int blockBytes) {
            return listBytes;
        }
    }

    /// REPORT SUPPORTED OPERATION CODES.
    record ReportOperations(
            Reporting reporting,
            boolean timeouts,
            int operationCode,
            int serviceAction,
            long allocationBytes)
            implements Asking {}

    /// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS.
    record ReportTaskManagement(boolean extended, long allocationBytes) implements Asking {}

    /// EXTENDED COPY with a list identifier of one byte (LID1). Not [Changing]: the logical unit that it is sent to may only
    /// read, or have no part in it at all.
    record ExtendedCopy(int listBytes) implements Cdb {
        @Override
        public long dataOutBytes(int blockBytes) {
            return listBytes;
        }
    }

    /// COPY OPERATION ABORT.
    ///
    /// @param listId which copy of the nexus, 0 to 2^32 - 1
    record CopyAbort(long listId) implements Cdb {}

    /// RECEIVE COPY RESULTS.
    ///
    /// @param listId which copy of the nexus, 0 to 255; means nothing for the operating parameters
    record ReceiveCopyResults(CopyResult result, int listId, long allocationBytes)
            implements Asking {}

    /// REPORT TARGET PORT GROUPS.
    ///
    /// @param header length only, or the extended one
    record ReportPortGroups(Header header, long allocationBytes) implements Asking {}

    /// REPORT IDENTIFYING INFORMATION: nobody has set any, and nobody can.
    record ReportIdentifyingInformation(long allocationBytes) implements Asking {}

    /// REPORT TIMESTAMP.
    record ReportTimestamp(long allocationBytes) implements Asking {}

    /// LOG SENSE.
    ///
    /// @param pointer PARAMETER POINTER: no parameter with a smaller code is sent
    record LogSense(int page, int subpage, int pointer, long allocationBytes) implements Asking {}

    /// SEND DIAGNOSTIC: the default self-test, which has nothing to find.
    record SendDiagnostic() implements Cdb {}

    /// PREVENT ALLOW MEDIUM REMOVAL: granted, as there is no medium to remove.
    record PreventAllow(boolean prevents) implements Cdb {}

    /// PERSISTENT RESERVE IN.
    record PersistentReserveIn(ReserveReport report, long allocationBytes) implements Asking {}

    /// PERSISTENT RESERVE OUT. Scope and type are not judged here: some service actions ignore them.
    record PersistentReserveOut(ReserveAction action, int scope, int type, int listBytes)
            implements Cdb {
        @Override
        public long dataOutBytes(int blockBytes) {
            return listBytes;
        }
    }

    /// RESERVE (6), of SPC-2, of the whole logical unit.
    record Reserve6() implements Cdb {}

    /// RELEASE (6), of SPC-2.
    record Release6() implements Cdb {}

    // -- what a disk has (SBC-3) --

    /// REASSIGN BLOCKS: storage replaces bad blocks by itself, so there is nothing to do.
    record ReassignBlocks() implements Changing {
        private static final int MAX_LIST_BYTES = 4 + 0xFFFF;

        @Override
        public long dataOutBytes(int blockBytes) {
            return MAX_LIST_BYTES;
        }

        @Override
        public boolean takesWhatIsSent() {
            return true;
        }
    }

    /// START STOP UNIT.
    ///
    /// @param flushes true if what is cached must be made durable
    /// @param starts true if it only makes the disk ready: START is 1, POWER CONDITION is 0
    record StartStop(boolean flushes, boolean starts) implements Cdb {}

    /// READ CAPACITY (10).
    record ReadCapacity10() implements Cdb {
        @Override
        public long dataInBytes(int blockBytes) {
            return 8;
        }
    }

    /// READ CAPACITY (16).
    record ReadCapacity16(long allocationBytes) implements Asking {}

    /// READ DEFECT DATA (10) and (12): always an empty list.
    ///
    /// @param lists which lists are asked for, as in the answer: bit 4 PLISTV, bit 3 GLISTV
    /// @param format format of the descriptors that there are none of
    record ReadDefectData(Header header, int lists, int format, long allocationBytes)
            implements Asking {}

    /// READ (6), (10), (12) and (16).
    record Read(long lba, long blocks, boolean forceUnitAccess) implements OnBlocks {
        @Override
        public long dataInBytes(int blockBytes) {
            return blocks * blockBytes;
        }
    }

    /// WRITE (6), (10), (12) and (16).
    record Write(long lba, long blocks, boolean forceUnitAccess) implements OnBlocks, Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return blocks * blockBytes;
        }
    }

    /// WRITE AND VERIFY (10), (12) and (16).
    record WriteAndVerify(long lba, long blocks, ByteCheck check) implements OnBlocks, Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return blocks * blockBytes;
        }
    }

    /// VERIFY (10), (12) and (16).
    record Verify(long lba, long blocks, ByteCheck check) implements OnBlocks {
        @Override
        public long dataOutBytes(int blockBytes) {
            return switch (check) {
                case NONE -> 0;
                case EACH_BLOCK -> blocks * blockBytes;
                case ONE_FOR_ALL -> blocks == 0 ? 0 : blockBytes;
            };
        }
    }

    /// SYNCHRONIZE CACHE (10) and (16).
    record SynchronizeCache(long lba, long blocks) implements OnBlocks {}

    /// PRE-FETCH (10) and (16).
    record PreFetch(long lba, long blocks) implements OnBlocks {}

    /// UNMAP.
    record Unmap(int listBytes) implements Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return listBytes;
        }
    }

    /// WRITE SAME (10) and (16). UNMAP is not kept: it allows what is done with zeros anyway, and means nothing for others.
    record WriteSame(long lba, long blocks, boolean noDataOut) implements OnBlocks, Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return noDataOut ? 0 : blockBytes;
        }

        @Override
        public boolean wantsExactDataOut() {
            return !noDataOut;
        }
    }

    /// COMPARE AND WRITE. Its data-out is twice the range: what is expected, then what is to be written.
    record CompareAndWrite(long lba, long blocks, boolean forceUnitAccess)
            implements OnBlocks, Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return 2 * blocks * blockBytes;
        }

        @Override
        public boolean wantsExactDataOut() {
            return true;
        }
    }

    /// ORWRITE (16).
    record OrWrite(long lba, long blocks, boolean forceUnitAccess) implements OnBlocks, Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return blocks * blockBytes;
        }
    }

    /// GET LBA STATUS.
    record GetLbaStatus(long lba, long allocationBytes) implements Asking {}

    /// SANITIZE.
    ///
    /// @param immediate answer when it has begun, not when it has ended
    /// @param mayExitFailure AUSE: [SanitizeAction#EXIT_FAILURE_MODE] may end the state that a failure leaves
    record Sanitize(SanitizeAction action, boolean immediate, boolean mayExitFailure, int listBytes)
            implements Changing {
        @Override
        public long dataOutBytes(int blockBytes) {
            return listBytes;
        }
    }

    /// A command that is not executed, and why.
    record Refused(Sense sense) implements Cdb {}

    /// Parameter data of some commands has a header of four or eight bytes: a short CDB's or a long one's.
    enum Header {
        /// Four bytes: MODE SENSE (6), MODE SELECT (6), READ DEFECT DATA (10), REPORT TARGET PORT GROUPS.
        SHORT,
        /// Eight bytes: MODE SENSE (10), MODE SELECT (10), READ DEFECT DATA (12), extended REPORT TARGET PORT GROUPS.
        LONG
    }

    /// Which values of mode pages are asked for. Saved ones (PC 3) are refused.
    enum PageControl {
        /// PC 0.
        CURRENT,
        /// PC 1: a mask of what may be changed.
        CHANGEABLE,
        /// PC 2.
        DEFAULT
    }

    /// BYTCHK.
    enum ByteCheck {
        /// 0: read, compare with nothing.
        NONE,
        /// 1: compare with as many blocks of data-out.
        EACH_BLOCK,
        /// 3: compare each block with the one block of data-out.
        ONE_FOR_ALL
    }

    /// What RECEIVE COPY RESULTS asks for.
    enum CopyResult {
        /// Service action 0.
        STATUS,
        /// Service action 3.
        OPERATING_PARAMETERS,
        /// Service action 4.
        FAILED_SEGMENT
    }

    /// What SANITIZE does.
    enum SanitizeAction {
        /// Service action 1: a pattern is written everywhere.
        OVERWRITE,
        /// Service action 2: all storage is given back, and everything reads as zeros.
        BLOCK_ERASE,
        /// Service action 1F.
        EXIT_FAILURE_MODE
    }

    /// Service actions of PERSISTENT RESERVE IN (SPC-4 6.15), in the order of their codes, 0 to 3.
    enum ReserveReport {
        /// All keys.
        READ_KEYS,
        /// The reservation.
        READ_RESERVATION,
        /// What we can do.
        REPORT_CAPABILITIES,
        /// All registrations, with their nexuses.
        READ_FULL_STATUS
    }

    /// Service actions of PERSISTENT RESERVE OUT (SPC-4 6.16), in the order of their codes, 0 to 7.
    enum ReserveAction {
        /// Registers, changes a key, or unregisters.
        REGISTER,
        /// Makes a reservation.
        RESERVE,
        /// Gives it up.
        RELEASE,
        /// Removes all registrations, and the reservation.
        CLEAR,
        /// Removes registrations of others, and takes over their reservation.
        PREEMPT,
        /// The same, and aborts their commands.
        PREEMPT_AND_ABORT,
        /// As REGISTER, whatever key is registered.
        REGISTER_AND_IGNORE_EXISTING_KEY,
        /// Registers another nexus, and gives it the reservation.
        REGISTER_AND_MOVE
    }

    /// REPORTING OPTIONS.
    enum Reporting {
        /// 0.
        ALL,
        /// 1: one operation code that has no service actions.
        OPERATION_CODE,
        /// 2: one operation code and service action.
        SERVICE_ACTION,
        /// 3: one of either kind.
        EITHER
    }
}
