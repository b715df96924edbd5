package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// All volume groups of one data directory: create, snapshot, list, rename, remove, extend.
///
/// Every change is durable in the catalog before the method returns, and the volume's device serves. A group comes to
/// be with its first volume. The directory is locked against a second process for as long as this is open.
///
/// **Threading.** *Thread-safe*: changes are serialised; lookups read a snapshot of the state.
public interface Volumes extends AutoCloseable {
    /// Adds a listener. All present volumes have been opened before; they are not announced.
    void addListener(VolumeListener listener);

    /// Makes an origin of `sizeBytes`, rounded up to extents, that shows blocks of these sizes.
    Volume create(VolumeName name, long sizeBytes, BlockSize blocks)
            throws VolumeRefusedException, IOException;

    /// The same with blocks of 512 bytes.
    default Volume create(VolumeName name, long sizeBytes)
            throws VolumeRefusedException, IOException {
        return create(name, sizeBytes, BlockSize.OF_DEVICE);
    }

    /// Makes an existing file or block device an origin, in place, that shows blocks of these sizes. Its content is kept.
    Volume adopt(VolumeName name, Path device, BlockSize blocks)
            throws VolumeRefusedException, IOException;

    /// The same with the device's own blocks.
    default Volume adopt(VolumeName name, Path device) throws VolumeRefusedException, IOException {
        return adopt(name, device, BlockSize.OF_DEVICE);
    }

    /// Makes a snapshot of `origin`, of the instant at which this returns at the latest.
    Volume snapshot(VolumeName origin, String name, SnapshotRequest request)
            throws VolumeRefusedException, IOException;

    /// Grows a snapshot's COW store to `cowSizeBytes` (absolute), rounded up to extents, cut to the maximum useful size.
    Volume extend(VolumeName snapshot, long cowSizeBytes)
            throws VolumeRefusedException, IOException;

    /// Renames within the group. Identity, number and open sessions stay.
    Volume rename(VolumeName from, VolumeName to) throws VolumeRefusedException, IOException;

    /// Removes a volume. An origin that has snapshots is refused unless `withSnapshots`. Files that Cowherd made are
    /// deleted; adopted devices are left as they are.
    void remove(VolumeName name, boolean withSnapshots) throws VolumeRefusedException, IOException;

    /// The volume of that name.
    Volume get(VolumeName name) throws VolumeRefusedException;

    /// All volumes, by group, then origin, then number.
    List<Volume> list();

    /// Groups that are out of service, by name: requests on their volumes are refused, and so is the adoption of devices, which
    /// might be theirs.
    List<BrokenGroup> brokenGroups();

    /// `dmsetup table`'s lines, each prefixed `NAME: `, for all mapped devices, sorted by name.
    List<String> table();

    /// `dmsetup status`'s lines, each prefixed `NAME: `, for all mapped devices, sorted by name.
    List<String> status();

    /// Flushes and closes everything. Requests in flight must have ended.
    @Override
    void close() throws IOException;
}
