/// SCSI as a transport sees it: nexuses, tasks, and the logical units behind them.
///
/// Terms: *nexus*, *task*, *CDB*, *sense*, *unit attention* (SAM-5, SPC-4). A nexus and its tasks are confined to the
/// event loop of their connection. Knows nothing of iSCSI's PDUs.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi;
