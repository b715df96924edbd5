package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Parameter data of REPORT SUPPORTED OPERATION CODES (SPC-4 6.35). Big-endian.
///
/// All commands: a four-byte length, then for each
///
/// | offset | size | field            | meaning                                              |
/// |-------:|-----:|------------------|------------------------------------------------------|
/// |      0 |    1 | operation code   |                                                      |
/// |      2 |    2 | service action   |                                                      |
/// |      5 |    1 | CTDP, SERVACTV   | bit 1: a timeouts descriptor follows; bit 0          |
/// |      6 |    2 | CDB length       |                                                      |
///
/// One command: `00`, CTDP and SUPPORT (`80`, 3 = as the standard says, 1 = not supported), two bytes CDB length, the CDB
/// usage data. A timeouts descriptor is `00 0A` and ten zeros: nothing is promised about time.
///
/// **Threading.** *Immutable.*
public final class SupportedOperations {
    private static final int TIMEOUTS_BYTES = 12;
    private static final int SUPPORTED = 3;
    private static final int NOT_SUPPORTED = 1;

    private SupportedOperations() {}

    /// Why the command cannot be answered, or null.
    public static @Nullable Sense refuses(Cdb.ReportOperations cdb) {
        boolean hasServiceActions = Operation.hasServiceActions(cdb.operationCode());
        boolean supported = Operation.lookup(cdb.operationCode(), 0) != null || hasServiceActions;
        return switch (cdb.reporting()) {
            case ALL, EITHER -> null;
            case OPERATION_CODE -> hasServiceActions ? Sense.invalidField(2) : null;
            case SERVICE_ACTION -> supported && !hasServiceActions ? Sense.invalidField(2) : null;
        };
    }

    /// Encodes the answer to a command that is not refused, ready to read.
    public static ByteBuffer encode(Cdb.ReportOperations cdb) {
        return cdb.reporting() == Cdb.Reporting.ALL ? all(cdb.timeouts()) : one(cdb);
    }

    private static ByteBuffer all(boolean timeouts) {
        Operation[] operations = Operation.values();
        int descriptorBytes = timeouts ? 8 + TIMEOUTS_BYTES : 8;
        ByteBuffer out = ByteBuffer.allocate(4 + operations.length * descriptorBytes);
        out.putInt(operations.length * descriptorBytes);
        for (Operation operation : operations) {
            int flags =
                    (timeouts ? 2 : 0) | (Operation.hasServiceActions(operation.code()) ? 1 : 0);
            out.putShort((short) (operation.code() << 8));
            out.putShort((short) operation.serviceAction());
            out.putShort((short) flags);
            out.putShort((short) operation.cdbBytes());
            if (timeouts) {
                putTimeouts(out);
            }
        }
        return out.flip();
    }

    private static ByteBuffer one(Cdb.ReportOperations cdb) {
        Operation operation = requested(cdb);
        if (operation == null) {
            return ByteBuffer.allocate(4).put(1, (byte) NOT_SUPPORTED);
        }
        ByteBuffer out =
                ByteBuffer.allocate(
                        4 + operation.cdbBytes() + (cdb.timeouts() ? TIMEOUTS_BYTES : 0));
        out.put((byte) 0).put((byte) ((cdb.timeouts() ? 0x80 : 0) | SUPPORTED));
        out.putShort((short) operation.cdbBytes());
        for (int i = 0; i < operation.cdbBytes(); i++) {
            out.put(operation.usage(i));
        }
        if (cdb.timeouts()) {
            putTimeouts(out);
        }
        return out.flip();
    }

    private static @Nullable Operation requested(Cdb.ReportOperations cdb) {
        int action = cdb.serviceAction();
        if (!Operation.hasServiceActions(cdb.operationCode())) {
            boolean named = cdb.reporting() == Cdb.Reporting.OPERATION_CODE || action == 0;
            return named ? Operation.lookup(cdb.operationCode(), 0) : null;
        }
        return action < 32 ? Operation.lookup(cdb.operationCode(), action) : null;
    }

    private static void putTimeouts(ByteBuffer out) {
        out.putShort((short) 0x000A).putShort((short) 0).putInt(0).putInt(0);
    }
}
