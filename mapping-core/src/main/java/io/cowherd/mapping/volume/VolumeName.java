package io.cowherd.mapping.volume;

/// `group/volume`, as typed: `volumeGroup/base`.
///
/// Both parts follow LVM2's rules (spec 3.2): 1 to 127 characters of `[A-Za-z0-9+_.-]`, not starting with a
/// hyphen, not `.` or `..`; the volume's not starting with `pvmove` or `snapshot` and without LVM2's reserved infixes.
///
/// @param group name of the volume group
/// @param volume name of the volume in it
public record VolumeName(String group, String volume) {
    /// Parses `group/volume`.
    ///
    /// @throws VolumeRefusedException if it is not of that form or breaks a naming rule; says which
    public static VolumeName parse(String text) throws VolumeRefusedException {
        int slash = text.indexOf('/');
        if (slash <= 0 || slash != text.lastIndexOf('/') || slash == text.length() - 1) {
            throw new VolumeRefusedException(
                    VolumeRefusedException.Reason.INVALID,
                    "\"" + text + "\" is not a volume's name.",
                    "Write it as group/volume, for example volumeGroup/base.");
        }
        var name = new VolumeName(text.substring(0, slash), text.substring(slash + 1));
        NameRules.check(name);
        return name;
    }

    @Override
    public String toString() {
        return group + "/" + volume;
    }
}
