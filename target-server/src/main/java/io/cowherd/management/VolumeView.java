package io.cowherd.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.cowherd.mapping.volume.Volume;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A volume as the API shows it, with LVM2's report fields where LVM2 has them. Sizes are in bytes.
///
/// @param lvUuid stable identity
/// @param lvName name in its group
/// @param vgName name of the group
/// @param lvFullName `group/name`
/// @param lvAttr ten characters, as `lvs` prints them
/// @param lvSize size in bytes; of a snapshot: of its COW store, as in `lvs`
/// @param lvPermissions `writeable` or `read-only`
/// @param origin name of the origin, or null for an origin
/// @param originSize size in bytes of the origin as the snapshot shows it, or null for an origin
/// @param dataPercent how full the COW store is, with LVM2's rounding; null for an origin
/// @param snapPercent the same, under its older name
/// @param lvSnapshotInvalid true once the snapshot has been invalidated; null for an origin
/// @param chunkSize chunk size in bytes; 0 for an origin
/// @param hostSize size in bytes that hosts see
/// @param blockSize bytes of a logical block, as hosts see it
/// @param physicalBlockSize bytes of a physical block, as hosts are told
/// @param target name of the iSCSI target
/// @param lun the LUN there
/// @param owner the node that serves it
/// @param state what it can be used for: `active`, `suspended`, `overflow`, `invalid` or `unreachable`
/// @param stateReason sentences that say why, or why it may not be written; null if there is nothing to say
/// @param notes what was not done as asked, in the answer to a change; absent if there is nothing to say
record VolumeView(
        String lvUuid,
        String lvName,
        String vgName,
        String lvFullName,
        String lvAttr,
        long lvSize,
        String lvPermissions,
        @Nullable String origin,
        @Nullable Long originSize,
        @Nullable BigDecimal dataPercent,
        @Nullable BigDecimal snapPercent,
        @Nullable Boolean lvSnapshotInvalid,
        int chunkSize,
        long hostSize,
        int blockSize,
        int physicalBlockSize,
        String target,
        int lun,
        String owner,
        String state,
        @Nullable String stateReason,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes) {
    VolumeView {
        notes = List.copyOf(notes);
    }

    static VolumeView of(Volume volume, HostAccess hosts, String owner, List<String> notes) {
        Volume origin = volume.origin();
        String percent = volume.dataPercent();
        BigDecimal used = percent.isEmpty() ? null : new BigDecimal(percent);
        return new VolumeView(
                volume.uuid().toString(),
                volume.name().volume(),
                volume.name().group(),
                volume.name().toString(),
                volume.attributes(),
                origin == null ? volume.sizeBytes() : volume.cowSizeBytes(),
                volume.readOnly() ? "read-only" : "writeable",
                origin == null ? null : origin.name().volume(),
                origin == null ? null : volume.sizeBytes(),
                used,
                used,
                origin == null ? null : volume.invalid(),
                volume.chunkSizeBytes(),
                volume.sizeBytes(),
                volume.blockSizeBytes(),
                volume.physicalBlockSizeBytes(),
                hosts.targetName(volume),
                volume.number(),
                owner,
                volume.state().name().toLowerCase(Locale.ROOT),
                volume.stateReason().isEmpty() ? null : volume.stateReason(),
                notes);
    }
}
