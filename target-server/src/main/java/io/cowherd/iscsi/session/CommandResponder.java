package io.cowherd.iscsi.session;

import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.pdu.DataInHeader;
import io.cowherd.iscsi.pdu.Residual;
import io.cowherd.iscsi.pdu.ScsiResponseHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.iscsi.wire.PduWriter;
import io.cowherd.scsi.Task;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Answers commands: Data-In PDUs, status, residual, sense.
///
/// Data-In PDUs are at most the initiator's MaxRecvDataSegmentLength long; a sequence, which ends with the F bit, at most
/// MaxBurstLength. Status GOOD travels in the last Data-In; any other goes into a SCSI Response of its own, whose data
/// segment is sense and nothing else.
///
/// **Threading.** *Confined to the connection's event loop.*
final class CommandResponder {
    private static final byte GOOD = 0;
    private static final ByteBuffer NO_SENSE = ByteBuffer.allocate(0);
    private static final int SENSE_LENGTH_BYTES = 2;

    private final Commands commands;
    private final PduWriter writer;
    private final DataInHeader dataIn = new DataInHeader();
    private final ScsiResponseHeader response = new ScsiResponseHeader();
    private final ByteBuffer senseData = ByteBuffer.allocate(SENSE_LENGTH_BYTES + 252);

    CommandResponder(Commands commands, PduWriter writer) {
        this.commands = commands;
        this.writer = writer;
    }

    /// Answers a command that has executed.
    ///
    /// @param data what it has produced, or null; consumed
    void respond(CommandTask command, @Nullable DataSegment data) {
        Task task = command.task;
        int produced = task.dataInLength();
        int length = (int) Math.min(produced, command.expectedInBytes());
        Residual residual = command.residual(task.dataOutBytes(), produced);
        int dataSn = 0;
        if (data != null && length > 0) {
            boolean collapses = task.status() == GOOD && !command.isBidirectional();
            dataSn = sendData(command.itt(), data, length, collapses ? residual : null);
            commands.session().countRead(length);
            if (collapses) {
                return;
            }
        } else if (data != null) {
            data.close();
        }
        int expDataSn = dataSn + (command instanceof WriteTask write ? write.r2tCount() : 0);
        send(command.itt(), task.status(), task.sense(), residual, expDataSn);
    }

    /// Answers a command that has not executed.
    void respond(CommandTask command, byte status, ByteBuffer sense, Residual residual) {
        int expDataSn = command instanceof WriteTask write ? write.r2tCount() : 0;
        send(command.itt(), status, sense, residual, expDataSn);
    }

    private void send(int itt, byte status, ByteBuffer sense, Residual residual, int expDataSn) {
        response.completed(itt, status, expDataSn);
        response.residual(residual);
        if (sense.hasRemaining()) {
            int length = Math.min(sense.remaining(), senseData.capacity() - SENSE_LENGTH_BYTES);
            senseData.clear();
            senseData.putShort((short) length);
            senseData.put(SENSE_LENGTH_BYTES, sense, sense.position(), length);
            commands.responses().send(response, senseData.position(0).limit(2 + length));
        } else {
            commands.responses().send(response, NO_SENSE);
        }
    }

    /// Sends data, and status GOOD with its last PDU.
    ///
    /// @param segment consumed
    /// @param statusResidual residual that goes with status GOOD; null if a SCSI Response follows
    /// @return number of PDUs
    private int sendData(
            int itt, DataSegment segment, int length, @Nullable Residual statusResidual) {
        SessionParameters agreed = commands.parameters();
        int dataSn = 0;
        for (int offset = 0, burst = 0; offset < length; dataSn++) {
            int part = Math.min(length - offset, agreed.initiatorMaxDataSegmentBytes());
            part = Math.min(part, agreed.maxBurstBytes() - burst);
            boolean isLast = offset + part == length;
            burst = burst + part == agreed.maxBurstBytes() ? 0 : burst + part;
            dataIn.data(itt, dataSn, offset);
            stamp(isLast, burst == 0, statusResidual);
            if (isLast && offset == 0) {
                writer.sendWhole(dataIn, segment, length);
            } else if (isLast) {
                writer.sendLastPart(dataIn, segment, offset, part);
            } else {
                writer.sendPart(dataIn, segment, offset, part);
            }
            offset += part;
        }
        return dataSn;
    }

    private void stamp(boolean isLast, boolean endsBurst, @Nullable Residual statusResidual) {
        if (isLast && statusResidual != null) {
            dataIn.endsCommand(statusResidual);
            commands.responses().stampStatus(dataIn);
            return;
        }
        if (isLast || endsBurst) {
            dataIn.endsSequence();
        }
        commands.responses().stampWindow(dataIn);
    }
}
