/// Snapshots: the targets `snapshot-origin` and `snapshot`, and what happens to a read and a write there.
///
/// Terms: *family* (an origin with its snapshots), *preserve* (make a chunk leave the origin for all who need it),
/// *overflow*, *invalidate*, *hand-over*. Any thread may read and write; the life cycle of targets is serialised by
/// their mapped devices, and the list of snapshots of an origin changes only while that origin is suspended.
/// Knows no volume groups and no names.
@org.jspecify.annotations.NullMarked
package io.cowherd.mapping.snapshot;
