package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.device.FileInUseException;
import io.cowherd.mapping.snapshot.StorePast;
import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;

/// Brings a family back from the catalog at start.
///
/// What cannot be reached, or cannot be believed, is logged with its cause and listed; its device serves errors; all else
/// works:
///
/// | out of reach | it | its origin | other snapshots of it |
/// |--------------|----|------------|-----------------------|
/// | an origin, or what hosts have reserved | errors | | errors: they need it |
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
            boolean reached = standOn(record, undo);
            var volumes = new ArrayList<SnapshotVolume>();
            for (Catalog.Snapshot snapshot : record.snapshots()) {
                volumes.add(open(snapshot, reached, undo));
            }
            family.opened(volumes, reached);
            if (reached) {
                serve(origin.sizeBytes());
            } else {
                family.stack().serveErrors(origin.sizeBytes());
            }
            undo.keep();
        }
    }

    /// @return false if the origin cannot be reached
    private boolean standOn(Catalog.Family record, Undo undo) throws IOException {
        Catalog.Origin origin = record.origin();
        try {
            family.openReservations(
                    record); // who must be kept off is known before anybody is let in
            Opened opened = reach(path(origin.backing()), origin.sizeBytes());
            undo.push("close " + opened.device(), opened.file()::close);
            opened.file().showBlocksOf(origin.blocks().logicalBytes());
            family.stack().standOn(opened);
            return true;
        } catch (IOException e) {
            requireSettled(e);
            family.origin().markBroken(complain(origin.name(), e));
            return false;
        }
    }

    /// In a cluster a file that is in use is still its former owner's, whose process is ending; and a fence says nothing of what
    /// is behind it. Neither makes a volume broken: the family is to be opened again.
    private void requireSettled(IOException e) throws IOException {
        boolean passes = e instanceof FileInUseException || FencedException.behind(e) != null;
        if (passes && context.sharing().isShared()) {
            throw e;
        }
    }

    private void serve(long sizeBytes) throws IOException {
        if (family.held()) {
            String why = family.whyHeld();
            context.log().accept(why);
            family.stack().hold(sizeBytes, why);
        }
        family.stack().serve(sizeBytes);
    }

    private SnapshotVolume open(Catalog.Snapshot record, boolean originReached, Undo undo)
            throws IOException {
        if (!originReached) {
            return family.broken(record, "Its origin is out of reach.", undo);
        }
        SnapshotVolume volume;
        try {
            volume = attach(record, undo);
        } catch (IOException e) {
            requireSettled(e);
            return family.broken(record, complain(record.name(), e), undo);
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

    /// @throws IOException if it cannot be reached, or cannot be believed
    private SnapshotVolume attach(Catalog.Snapshot record, Undo all) throws IOException {
        Path path = path(record.cow());
        Opened cow = reach(path, record.cowSizeBytes());
        try (var undo = new Undo(context.log())) {
            undo.push("close " + path, cow.file()::close);
            SnapshotVolume volume = family.loaded(record, cow, StorePast.MADE, undo);
            volume.mapped().resume();
            undo.handTo(all);
            return volume;
        }
    }

    private Path path(Backing backing) {
        return switch (backing) {
            case Backing.Own(String file) -> family.folder().path(file);
            case Backing.Adopted(Path adopted) -> adopted;
        };
    }

    private Opened reach(Path path, long sizeBytes) throws IOException {
        Opened opened = context.devices().open(path);
        long found = opened.device().sizeBytes();
        if (found < sizeBytes) {
            opened.file().close();
            throw new IOException(
                    path + " has " + found + " bytes, " + sizeBytes + " are in the catalog");
        }
        return opened;
    }

    /// Tells the operator.
    ///
    /// @return why, as a sentence
    private String complain(String name, IOException cause) {
        String why = FileFault.describe(cause) + ".";
        var volume = new VolumeName(family.group().name(), name);
        context.log().accept(volume + " cannot be used: " + why + CURE);
        return why;
    }
}
