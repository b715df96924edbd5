/// The command line: `cowherd create`, `snapshot`, `ls`, … in the words of LVM2 and dmsetup.
///
/// Terms: those of LVM2. Fields that picocli fills begin with a value that it replaces, so that none is ever null. Single-threaded: one command per process. Commands talk to the management API over HTTP and know
/// nothing of the server's inside; `serve` and `demo` hand over to a [io.cowherd.cli.ServerRunner].
@org.jspecify.annotations.NullMarked
package io.cowherd.cli;
