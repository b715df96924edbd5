package io.cowherd.iscsi.session;

import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.pdu.DataOutHeader;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import io.cowherd.iscsi.pdu.R2tHeader;
import io.cowherd.iscsi.pdu.ScsiCommandHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.scsi.Task;
import java.nio.ByteBuffer;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// The life of a WRITE, or of any command that the initiator sends data for.
///
/// 1. **Command** in: the nexus has decoded it and said how many bytes it wants.
/// 2. **Immediate data** goes from the command PDU straight into the task's buffer.
/// 3. **Unsolicited data** follows in Data-Outs if that was agreed on, up to FirstBurstLength, until the F bit.
/// 4. **R2T**: the rest is asked for, one burst of at most MaxBurstLength at a time.
/// 5. **Data-Outs** answer it, in order, until the F bit. Back to 4 while data is missing.
/// 6. **Execute**: the logical unit checks and writes.
/// 7. **Status** out: [CommandResponder].
///
/// It never waits: other commands come and go between any two of its PDUs. When something is wrong with its data, the
/// rest of the burst is still taken in and discarded, and the status follows its F bit, because an initiator does not
/// stop in the middle of a burst.
///
/// **Threading.** *Confined to the connection's event loop.*
final class WriteTask extends CommandTask {
    /// No burst is under way.
    private static final long NO_BURST = -1;

    private final int wantedBytes;
    private @Nullable DataSegment dataOut;
    private @Nullable TransportSense refusal;

    // The burst under way
    private long burstEnd = NO_BURST;
    private int burstTag = BasicHeader.NO_TAG;
    private int nextDataSn;

    private long receivedBytes;
    private int pduBytes;
    private int r2tCount;
    private boolean hasMoved = true;

    WriteTask(
            Commands commands, ScsiCommandHeader command, long bidirectionalReadBytes, Task task) {
        super(commands, command, bidirectionalReadBytes, task);
        this.wantedBytes = (int) Math.min(task.dataOutBytes(), expectedOutBytes());
        if (expectedOutBytes() != task.dataOutBytes()) {
            task.announced(expectedOutBytes());
        }
    }

    /// Takes in the command PDU (1, 2).
    ///
    /// @return where its immediate data goes; null to discard it
    @Nullable ByteBuffer begin(ScsiCommandHeader command) throws ProtocolFailure {
        SessionParameters agreed = commands.parameters();
        boolean announcesMore = !command.isFinal();
        if (announcesMore && agreed.initialR2t()) {
            throw new PduRejected(
                    ReasonCode.PROTOCOL_ERROR, "unsolicited data announced, but InitialR2T=Yes");
        }
        int immediateBytes = command.dataSegmentBytes();
        long unsolicitedEnd = Math.min(agreed.firstBurstBytes(), expectedOutBytes());
        if (announcesMore) {
            burstEnd = unsolicitedEnd; // 3
        }
        if (immediateBytes > 0 && !agreed.immediateData()) {
            refuse(TransportSense.UNEXPECTED_UNSOLICITED_DATA);
        } else if (immediateBytes > unsolicitedEnd) {
            refuse(TransportSense.INCORRECT_AMOUNT_OF_DATA);
        } else if (wantedBytes > 0) {
            dataOut = commands.tryAllocate(wantedBytes);
            if (dataOut == null) {
                refuse(TransportSense.NO_MEMORY);
            }
        }
        return destination(immediateBytes);
    }

    /// Takes in a Data-Out (3, 5).
    ///
    /// @return where its data goes; null to discard it
    @Nullable ByteBuffer dataOut(DataOutHeader header) throws PduRejected {
        hasMoved = true;
        if (burstEnd == NO_BURST || header.ttt() != burstTag) {
            throw new PduRejected(
                    ReasonCode.PROTOCOL_ERROR,
                    "Data-Out of command %08x with TTT %08x that nobody asked for"
                            .formatted(itt(), header.ttt()));
        }
        boolean inOrder = header.dataSn() == nextDataSn && header.bufferOffset() == receivedBytes;
        if (!inOrder || header.dataSegmentBytes() > burstEnd - receivedBytes) {
            refuse(TransportSense.INCORRECT_AMOUNT_OF_DATA);
        }
        nextDataSn++;
        return destination(header.dataSegmentBytes());
    }

    private @Nullable ByteBuffer destination(int length) {
        pduBytes = length;
        DataSegment segment = dataOut;
        if (segment == null || receivedBytes >= wantedBytes) {
            return null;
        }
        int offset = (int) receivedBytes;
        return segment.view(offset, Math.min(length, wantedBytes - offset));
    }

    /// The PDU that was begun is complete.
    ///
    /// @param endsBurst the F bit
    void pduComplete(boolean endsBurst) {
        receivedBytes += pduBytes;
        commands.session().countWritten(pduBytes);
        if (endsBurst) {
            boolean wasSolicited = burstTag != BasicHeader.NO_TAG;
            if (wasSolicited && receivedBytes != burstEnd) {
                refuse(TransportSense.INCORRECT_AMOUNT_OF_DATA);
            }
            burstEnd = NO_BURST;
        }
        if (burstEnd == NO_BURST) {
            goOn();
        }
    }

    private void goOn() {
        TransportSense failure = refusal;
        if (failure != null) {
            fail(failure);
        } else if (task.aborted() || receivedBytes >= wantedBytes) {
            execute(dataOut == null ? null : dataOut.view(0, wantedBytes)); // 6
        } else {
            request(); // 4
        }
    }

    private void request() {
        int offset = (int) receivedBytes;
        int length = Math.min(wantedBytes - offset, commands.parameters().maxBurstBytes());
        burstTag = commands.nextTransferTag();
        burstEnd = offset + (long) length;
        nextDataSn = 0;
        R2tHeader r2t = commands.r2t();
        r2t.request(lun(), itt(), burstTag, r2tCount++);
        r2t.range(offset, length);
        commands.responses().sendWithoutStatus(r2t);
    }

    private void refuse(TransportSense failure) {
        if (refusal == null) {
            refusal = failure;
            become(TaskState.REFUSED);
        }
        releaseDataOut();
    }

    @Override
    void releaseDataOut() {
        DataSegment segment = dataOut;
        dataOut = null;
        if (segment != null) {
            segment.close();
        }
    }

    int r2tCount() {
        return r2tCount;
    }

    /// False if data is awaited and none has come since this was asked last.
    boolean checkProgress() {
        boolean moves = hasMoved || burstEnd == NO_BURST;
        hasMoved = false;
        return moves;
    }
}
