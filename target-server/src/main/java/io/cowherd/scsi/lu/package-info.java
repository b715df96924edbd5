/// Logical units: a block device that answers SCSI commands.
///
/// Terms: *logical unit (LU)*, *mode page*, *vital product data*, *range gate*. [LogicalUnit] has two entrances: one for event
/// loops, which never waits, and one for threads that may. Any thread may call either. Knows nothing of nexuses, tasks and
/// transports; who may send a command, and in which order, is decided before it gets here.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.lu;
