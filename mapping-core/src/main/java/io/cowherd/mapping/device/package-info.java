/// Block devices: what everything in the mapping is made of and looks like.
///
/// Terms: *device*, *sector* (always 512 bytes), *flush*, *discard*, *extent*. `FileDevice` is the one that lasts; all
/// native calls are in `LinuxCalls`. Any thread may call a device. Knows nothing of tables, snapshots or SCSI.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.device;
