package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Brings a family back from the catalog at start.
///
/// What cannot be reached, or cannot be believed, is logged with its cause and listed; its device serves errors; all else
/// works:
///
/// | out of reach | it | its origin | other snapshots of it |
/// |--------------|----|------------|-----------------------|
/// | an origin | errors | | errors: they need it |
/// | a snapshot | errors | reads; no writes, until the snapshot is back or removed | as ever |
/// | a snapshot that is invalid anyway | errors | as ever | as ever |
///
/// **Threading.** *Confined to the thread that opens the pool.*
final class FamilyOpener {
    private static final String CURE =
            " Bring it back and restart the server, or remove the volume. Nothing of it is changed until then.";

    private final Family family;
    private final PoolContext context;

    FamilyOpener(Family family, PoolContext context) {
        this.family = family;
        this.context = context;
    }

    void open(Catalog.Family record) throws IOException {
        try (var undo = new Undo(context.log())) {
            undo.push("close " + family.origin(), family.stack()::abandon);
            Catalog.Origin origin = record.origin();
            Opened opened = reach(origin.name(), origin.backing(), origin.sizeBytes());
            if (opened != null) {
                undo.push("close " + opened.device(), opened.file()::close);
                family.stack().standOn(opened);
            }
            var volumes = new ArrayList<SnapshotVolume>();
            for (Catalog.Snapshot snapshot : record.snapshots()) {
                volumes.add(open(snapshot, opened != null, undo));
            }
            family.opened(volumes, opened != null);
            if (opened == null) {
                family.origin().markBroken();
                family.stack().serveErrors(origin.sizeBytes());
            } else {
                serve(origin.sizeBytes());
            }
            undo.keep();
        }
    }

    private void serve(long sizeBytes) throws IOException {
        if (family.held()) {
            List<SnapshotVolume> missing =
                    family.snapshots().stream()
                            .filter(SnapshotVolume::needsOriginUnchanged)
                            .toList();
            String why =
                    family.origin() + " is read-only while snapshots are out of reach: " + missing;
            context.log().accept(why + ".");
            family.stack().hold(sizeBytes, why);
        }
        family.stack().serve(sizeBytes);
    }

    private SnapshotVolume open(Catalog.Snapshot record, boolean originReached, Undo undo)
            throws IOException {
        SnapshotVolume volume = originReached ? attach(record, undo) : null;
        if (volume == null) {
            return family.broken(record, undo);
        }
        if (!volume.invalid() && volume.status() instanceof SnapshotStatus.Invalid) {
            String why = "Snapshot is marked invalid.";
            Undo.attempt(
                    context.log(),
                    "record that " + volume + " is invalid, as its header says",
                    () -> family.invalidated(volume, why));
        }
        return volume;
    }

    /// @return null if it cannot be reached, or cannot be believed
    private @Nullable SnapshotVolume attach(Catalog.Snapshot record, Undo all) {
        Opened cow = reach(record.name(), record.cow(), record.cowSizeBytes());
        if (cow == null) {
            return null;
        }
        try (var undo = new Undo(context.log())) {
            undo.push("close " + cow.device(), cow.file()::close);
            SnapshotVolume volume = family.loaded(record, cow, undo);
            volume.mapped().resume();
            undo.handTo(all);
            return volume;
        } catch (IOException e) {
            complain(record.name(), e);
            return null;
        }
    }

    private @Nullable Opened reach(String name, Backing backing, long sizeBytes) {
        Path path =
                switch (backing) {
                    case Backing.Own(String file) -> family.folder().path(file);
                    case Backing.Adopted(Path adopted) -> adopted;
                };
        try {
            Opened opened = context.devices().open(path);
            long found = opened.device().sizeBytes();
            if (found >= sizeBytes) {
                return opened;
            }
            opened.file().close();
            throw new IOException(
                    path + " has " + found + " bytes, " + sizeBytes + " are in the catalog");
        } catch (IOException e) {
            complain(name, e);
            return null;
        }
    }

    private void complain(String name, IOException cause) {
        context.log()
                .accept(
                        new VolumeName(family.group().name(), name)
                                + " cannot be used: "
                                + cause.getClass().getSimpleName()
                                + ": "
                                + cause.getMessage()
                                + "."
                                + CURE);
    }
}
