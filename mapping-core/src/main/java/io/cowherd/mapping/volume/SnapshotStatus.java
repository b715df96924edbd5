package io.cowherd.mapping.volume;

import java.util.regex.Pattern;

/// What the status of a `snapshot` target says, read as LVM2 reads it (spec 2.1).
///
/// **Threading.** *Immutable.*
sealed interface SnapshotStatus {
    /// In use.
    ///
    /// @param usedSectors allocated, metadata included
    /// @param totalSectors size of the COW store
    /// @param metadataSectors header and metadata areas
    record Usage(long usedSectors, long totalSectors, long metadataSectors)
            implements SnapshotStatus {}

    /// Lost for ever.
    record Invalid() implements SnapshotStatus {}

    /// Full, and refuses writes.
    record Overflow() implements SnapshotStatus {}

    /// Anything else.
    record Unknown() implements SnapshotStatus {}

    /// Reads what follows `start length snapshot `.
    static SnapshotStatus parse(String status) {
        var usage = Pattern.compile("([0-9]{1,18})/([0-9]{1,18}) ([0-9]{1,18})").matcher(status);
        if (usage.matches()) {
            return new Usage(
                    Long.parseLong(usage.group(1)),
                    Long.parseLong(usage.group(2)),
                    Long.parseLong(usage.group(3)));
        }
        return switch (status) {
            case "Invalid" -> new Invalid();
            case "Overflow" -> new Overflow();
            default -> new Unknown();
        };
    }

    /// LVM2's Data%.
    default String dataPercent() {
        return switch (this) {
            case Usage(long used, long total, long metadata) ->
                    DataPercent.of(used, total, metadata);
            case Invalid _, Overflow _ -> DataPercent.FULL;
            case Unknown _ -> "";
        };
    }
}
