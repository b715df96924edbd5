package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.ScsiCommandHeader;
import io.cowherd.scsi.Task;

/// The life of a command that the initiator sends no data for: a READ, an INQUIRY, a TEST UNIT READY.
///
/// 1. **Command** in: [Commands] has the nexus decode it.
/// 2. **Execute**, into a buffer with room for `min(what the CDB asks for, expected transfer length)`. What cannot block
///    completes before this returns.
/// 3. **Data-In** PDUs out, the status collapsed into the last one if it is GOOD, else a SCSI Response:
///    [CommandResponder].
///
/// **Threading.** *Confined to the connection's event loop.*
final class ReadTask extends CommandTask {
    ReadTask(Commands commands, ScsiCommandHeader command, Task task) {
        super(commands, command, 0, task);
    }

    @Override
    void releaseDataOut() {
        // It has none.
    }
}
