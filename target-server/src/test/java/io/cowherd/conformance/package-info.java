/// The two engines put together, for conformance suites to talk to.
///
/// Terms: those of `io.cowherd.scsi` and `io.cowherd.iscsi`. Test scope only.
@org.jspecify.annotations.NullMarked
package io.cowherd.conformance;
