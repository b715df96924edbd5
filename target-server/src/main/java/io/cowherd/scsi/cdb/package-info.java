/// Command descriptor blocks: what an initiator asks of a logical unit, taken from its bytes.
///
/// Terms: *CDB*, *operation code*, *service action* (SPC-4, SBC-3). Values only: any thread. Knows no logical unit: whether
/// a range is within it, or may be written, is judged there.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.cdb;
