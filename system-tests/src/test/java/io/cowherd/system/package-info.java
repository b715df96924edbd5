/// Real initiators against a running Cowherd: libiscsi's tools, qemu-img, and a Linux kernel in QEMU.
///
/// Terms: *server*, a `bin/cowherd` in a process of its own; *tool*, an external program that is run to its end;
/// *guest*, a stock Debian kernel with open-iscsi and device-mapper, emulated, to which the host's loopback is
/// 10.0.2.2. Nothing here calls Cowherd's classes: what is tested is what a user gets.
///
/// **Threading.** A test class runs on one thread; each says what else it starts. Everything has a deadline, and every
/// process is ended by the test that started it.
@org.jspecify.annotations.NullMarked
package io.cowherd.system;
