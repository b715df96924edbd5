package io.cowherd.mapping.volume;

import java.util.UUID;

/// What the mapped devices of one volume are called, as LVM2 calls them (spec 3.2): hyphens inside a name are
/// doubled, so that the single one between group and volume is unambiguous.
///
/// **Threading.** *Immutable.*
///
/// @param visible the device that hosts see: `volumeGroup-base`
/// @param real the data of an origin that has snapshots: `volumeGroup-base-real`
/// @param cow the store of a snapshot: `volumeGroup-snap-cow`
record DeviceNames(String visible, String real, String cow) {
    private static final String REAL = "-real";
    private static final String COW = "-cow";

    static DeviceNames of(VolumeName name) {
        String visible = doubled(name.group()) + "-" + doubled(name.volume());
        return new DeviceNames(visible, visible + REAL, visible + COW);
    }

    /// Characters in the longest of them.
    int longest() {
        return Math.max(real.length(), cow.length());
    }

    /// UUID of the visible device: `LVM-`, then 32 characters of the group's and 32 of the volume's identity.
    static String uuid(UUID group, UUID volume) {
        return "LVM-" + plain(group) + plain(volume);
    }

    /// UUID of the `-real` device.
    static String realUuid(UUID group, UUID volume) {
        return uuid(group, volume) + REAL;
    }

    /// UUID of the `-cow` device.
    static String cowUuid(UUID group, UUID volume) {
        return uuid(group, volume) + COW;
    }

    private static String plain(UUID uuid) {
        return uuid.toString().replace("-", "");
    }

    private static String doubled(String part) {
        return part.replace("-", "--");
    }
}
