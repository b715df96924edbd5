package io.cowherd.mapping.volume;

import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.MappedDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import java.io.IOException;
import java.util.List;

/// The table lines of which the devices of a volume group are made (spec 3.2).
///
/// **Threading.** *Immutable.*
final class Tables {
    private Tables() {}

    /// All of another device.
    static String linear(long sizeBytes, DeviceRef on) {
        return "0 " + Extents.sectors(sizeBytes) + " linear " + on + " 0";
    }

    /// An origin whose writes ask its snapshots first.
    static String origin(long sizeBytes, DeviceRef real) {
        return "0 " + Extents.sectors(sizeBytes) + " snapshot-origin " + real;
    }

    /// A snapshot.
    static String snapshot(Catalog.Snapshot record, DeviceRef real, DeviceRef cow) {
        return "0 %d snapshot %s %s %s %d"
                .formatted(
                        Extents.sectors(record.sizeBytes()),
                        real,
                        cow,
                        record.store(),
                        Extents.sectors(record.chunkSizeBytes()));
    }

    /// What is out of reach.
    static String error(long sizeBytes) {
        return "0 " + Extents.sectors(sizeBytes) + " error";
    }

    /// Loads a table of one line, which waits for the device's resume.
    ///
    /// @throws IOException if it cannot be loaded; the device is as it was
    static void load(MappedDevice device, String line) throws IOException {
        try {
            device.load(List.of(line));
        } catch (TableRefusedException e) {
            throw new IOException(device.name() + ": " + line + ": " + e.getMessage(), e);
        }
    }

    /// Loads a table of one line and puts it in force.
    static void replace(MappedDevice device, String line) throws IOException {
        load(device, line);
        device.resume();
    }
}
