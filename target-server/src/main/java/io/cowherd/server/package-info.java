/// The process: puts volumes, SCSI, iSCSI and management together, starts them and stops them in order.
///
/// Terms: *served* (a volume that hosts can log in to), *attach* and *detach* (a volume and its LUN). The main thread starts and
/// stops; volumes are announced on the thread that changed them; nexuses come and go on event loops.
@org.jspecify.annotations.NullMarked
package io.cowherd.server;
