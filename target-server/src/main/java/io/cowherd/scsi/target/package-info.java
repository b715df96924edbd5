/// The SCSI target device: nexuses, their tasks, and the logical units that they reach.
///
/// Terms: *nexus*, *task*, *task set*, *LUN*, *unit attention* (SAM-5). A nexus and its tasks are confined to the event loop
/// of their connection; nexuses talk to each other by posting to the other's loop. Knows nothing of iSCSI's PDUs.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.target;
