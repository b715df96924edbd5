/// What a logical unit says when something is wrong or has changed: sense data and unit attentions.
///
/// Terms: *sense key*, *additional sense code* (ASC and ASCQ), *unit attention* (SPC-4 4.5, SAM-5 5.14). Values only: any
/// thread. Decides nothing about when they are sent.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.sense;
