/// The device-mapper: named mapped devices, their tables of targets, and load / suspend / resume.
///
/// Terms: *target* (maps a range), *table* (the targets of a device), *mapped device* (a name and a table), *live* and
/// *inactive* table, *event*, as `dmsetup` uses them. Begin with `DeviceMapper`, then `MappedDevice`; a new kind of target
/// is a `TargetType`. Any thread may call; table changes of one device are serialised. Knows nothing of volume groups.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.dm;
