package io.cowherd.mapping.dm;

/// What `dmsetup info` tells of a mapped device.
///
/// @param name its name
/// @param uuid its UUID, empty if it has none
/// @param major device number
/// @param minor device number
/// @param isSuspended true if requests wait
/// @param hasLiveTable true if a table is in force
/// @param hasInactiveTable true if a loaded table waits for a resume
/// @param openCount how many users it has: LUNs, tables of other devices
/// @param eventNumber how many events it has raised
/// @param targetCount targets of the live table
public record DeviceInfo(
        String name,
        String uuid,
        int major,
        int minor,
        boolean isSuspended,
        boolean hasLiveTable,
        boolean hasInactiveTable,
        int openCount,
        long eventNumber,
        int targetCount) {}
