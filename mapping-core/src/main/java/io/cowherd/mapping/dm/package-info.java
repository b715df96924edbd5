/// The device-mapper: named mapped devices, their tables of targets, and load / suspend / resume.
///
/// Terms: *target*, *table*, *mapped device*, as `dmsetup` uses them. Any thread may call; table changes of one
/// device are serialised. Knows nothing of volume groups.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.dm;
