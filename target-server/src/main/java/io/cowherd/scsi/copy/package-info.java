/// Third-party copy: a host asks us to copy blocks between logical units, instead of reading and writing them itself.
///
/// Terms: *copy manager* (this package), *CSCD* or copy target (a logical unit that is a source or a destination), *segment* (one range to
/// copy), *list identifier* (by which a nexus asks about its copy) (SPC-4 5.16, 6.3, 6.4, 6.21 to 6.24). Copies run on threads that may
/// block. Knows no event loop, and does not decide who may reach what: [CopyReach] does.
@org.jspecify.annotations.NullMarked
package io.cowherd.scsi.copy;
