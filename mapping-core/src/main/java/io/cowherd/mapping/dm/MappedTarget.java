package io.cowherd.mapping.dm;

/// A target and where it is in a table.
///
/// @param startSector first sector of the mapped device that it maps
/// @param lengthSectors sectors that it maps
/// @param target owned by the table once that is loaded
public record MappedTarget(long startSector, long lengthSectors, Target target) {
    /// The line that `dmsetup table` prints, with its blank before nothing.
    String tableLine() {
        return line(target.tableArguments());
    }

    /// The line that `dmsetup status` prints, with its blank before nothing.
    String statusLine() {
        return line(target.status());
    }

    private String line(String rest) {
        return startSector + " " + lengthSectors + " " + target.type() + " " + rest;
    }
}
