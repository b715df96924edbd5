/// Volume groups in the manner of LVM2: origins, snapshots, sizes in extents, and the catalog on disk.
///
/// Terms: *volume group*, *volume*, *origin*, *snapshot*, *extent*, *catalog*. Any thread may call; changes to
/// one group are serialised. Knows nothing of iSCSI, but keeps the numbers that make a LUN stable.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.volume;
