package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileDevice;
import io.cowherd.mapping.dm.DeviceMapper;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.MappedDevice;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The mapped devices of one family, as LVM2 stacks them (spec 3.1, 3.2):
///
/// ```text
/// without snapshots          with snapshots
///
/// vg-base: linear            vg-base: snapshot-origin     vg-snap: snapshot
///     │                          │            ┌───────────────┤
///     │                      vg-base-real: linear         vg-snap-cow: linear
///     │                          │                            │
/// origin.img                 origin.img                   x.cow
/// ```
///
/// `vg-base` is the same device throughout; its table changes while it is suspended, when the first snapshot comes and after
/// the last has gone. Only `vg-base` is suspended: no other device's table changes, and the snapshots that are there already
/// are protected by what `vg-base` asks before it writes.
///
/// **Threading.** *Confined to whoever holds the pool's change lock*, but for [#base] and [#file].
final class FamilyStack {
    /// Longest time that a snapshot waits for the origin's requests to end, before it is given up.
    static final Duration SUSPEND_LIMIT = Duration.ofSeconds(30);

    // Immutable
    private final Consumer<String> log;
    private final DeviceMapper mapper;
    private final UUID group;
    private final UUID family;
    private final MappedDevice base;

    // Any thread; written once, before it is served
    private volatile @Nullable Opened file;

    // Owned by the holder of the change lock
    private DeviceNames names;
    private @Nullable BlockDevice bottom;
    private @Nullable MappedDevice real;

    /// A stack whose base device has no table yet.
    FamilyStack(PoolContext context, UUID group, UUID family, VolumeName name) throws IOException {
        this.log = context.log();
        this.mapper = context.mapper();
        this.group = group;
        this.family = family;
        this.names = DeviceNames.of(name);
        this.base = mapper.create(names.visible(), DeviceNames.uuid(group, family));
    }

    /// What hosts see of the origin.
    MappedDevice base() {
        return base;
    }

    /// What the origin is on; null if it is out of reach.
    @Nullable FileDevice file() {
        Opened on = file;
        return on == null ? null : on.file();
    }

    // --- bringing it up

    /// Stands on that file or device, which it owns from [#serve] on.
    void standOn(Opened opened) {
        file = opened;
        bottom = opened.device();
    }

    /// The origin's data are out of reach.
    void serveErrors(long sizeBytes) throws IOException {
        Tables.replace(base, Tables.error(sizeBytes));
    }

    /// Puts the base device's table in force: the last step.
    void serve(long sizeBytes) throws IOException {
        Tables.replace(base, baseTable(sizeBytes));
    }

    private String baseTable(long sizeBytes) {
        return real == null
                ? Tables.linear(sizeBytes, bottomRef())
                : Tables.origin(sizeBytes, real.ref());
    }

    private DeviceRef bottomRef() {
        if (bottom == null) {
            throw new AssertionError(names.visible() + " is out of reach");
        }
        return mapper.attach(bottom);
    }

    /// Lets nothing be written to the origin.
    ///
    /// @param why what a refused write says
    void hold(long sizeBytes, String why) throws IOException {
        if (file != null) {
            moveTo(new ReadOnlyDevice(file.device(), why), sizeBytes);
        }
    }

    /// Takes [#hold] back.
    void release(long sizeBytes) throws IOException {
        if (file != null) {
            moveTo(file.device(), sizeBytes);
        }
    }

    private void moveTo(BlockDevice next, long sizeBytes) throws IOException {
        BlockDevice before = bottom;
        bottom = next;
        MappedDevice lowest = real == null ? base : real;
        Tables.replace(lowest, Tables.linear(sizeBytes, bottomRef()));
        if (before != null) {
            mapper.detach(before);
        }
    }

    // --- a snapshot comes

    /// Makes `-real`, unless it is there.
    void needReal(long sizeBytes, Undo undo) throws IOException {
        if (real != null) {
            return;
        }
        MappedDevice made = mapper.create(names.real(), DeviceNames.realUuid(group, family));
        undo.push(
                "remove " + names.real(),
                () -> {
                    real = null;
                    made.close();
                });
        Tables.replace(made, Tables.linear(sizeBytes, bottomRef()));
        real = made;
    }

    /// Loads the visible device's table: its store is read, or made. Nothing is in force yet.
    void load(SnapshotStack snapshot, Catalog.Snapshot record) throws IOException {
        var store = snapshot.store();
        if (store == null || real == null) {
            throw new AssertionError(record.name() + " has nothing to stand on");
        }
        Tables.load(snapshot.visible(), Tables.snapshot(record, real.ref(), store.cow().ref()));
    }

    /// What makes a snapshot last.
    interface Commit {
        void make() throws IOException;
    }

    /// Puts a loaded snapshot in force. Its instant is when the base device has come to rest.
    ///
    /// 1. **Flush** what can be flushed while nobody waits.
    /// 2. **Suspend** the base device: what was acknowledged is in, nothing else comes.
    /// 3. **Flush** the rest, so that the snapshot outlives a power cut as it is.
    /// 4. **Resume** the snapshot: from now on it is asked before origin writes.
    /// 5. **Commit.**
    /// 6. **Resume** the base device.
    ///
    /// If a step fails, the base device goes on with the table that it had; the rest is for `undo`.
    void switchIn(SnapshotStack snapshot, Undo undo, Commit commit) throws IOException {
        flushBottom(); // 1
        suspendBase(baseTable(base.sizeBytes()), undo); // 2
        flushBottom(); // 3
        snapshot.visible().resume(); // 4
        commit.make(); // 5
        base.resume(); // 6
    }

    /// @param next table that the base device will have when it is resumed
    private void suspendBase(String next, Undo undo) throws IOException {
        undo.push("resume " + names.visible(), base::resume);
        undo.push("keep the table of " + names.visible(), base::clear);
        if (!base.table().equals(List.of(next))) {
            Tables.load(base, next);
        }
        base.suspend(SUSPEND_LIMIT);
    }

    private void flushBottom() throws IOException {
        if (bottom != null) {
            bottom.flush();
        }
    }

    // --- a snapshot goes

    /// Takes a snapshot out of force for ever.
    ///
    /// 1. **Suspend** the snapshot, then the base device.
    /// 2. **Commit.**
    /// 3. **Remove** the snapshot: origin writes ask it no more.
    /// 4. **Resume** the base device, without `-real` if no other snapshot needs that.
    ///
    /// If 1 or 2 fails, the rest is for `undo`, and everything goes on as before. After that nothing fails but is logged.
    ///
    /// @param last true if no other snapshot stands on `-real`
    void switchOut(SnapshotStack snapshot, boolean last, Undo undo, Commit commit)
            throws IOException {
        undo.push("resume " + snapshot.visible(), snapshot.visible()::resume);
        snapshot.visible().suspend(SUSPEND_LIMIT); // 1
        long size = base.sizeBytes();
        boolean toLinear = last && real != null;
        suspendBase(toLinear ? Tables.linear(size, bottomRef()) : current(), undo);
        commit.make(); // 2
        undo.keep();
        attempt("remove " + snapshot.visible(), snapshot::removeVisible); // 3
        attempt("resume " + names.visible(), base::resume); // 4
        if (toLinear) {
            attempt("remove " + names.real(), this::removeReal);
        }
        attempt("close the store of " + snapshot.visible(), snapshot::close);
    }

    private void attempt(String name, Undo.Step step) {
        Undo.attempt(log, name, step);
    }

    private String current() {
        return base.table().getFirst();
    }

    private void removeReal() throws IOException {
        if (real != null) {
            MappedDevice removed = real;
            real = null;
            removed.close();
        }
    }

    // --- names, and the end

    /// Gives the devices other names.
    void rename(DeviceNames to) throws IOException {
        mapper.rename(names.visible(), to.visible());
        if (real != null) {
            mapper.rename(names.real(), to.real());
        }
        names = to;
    }

    /// Flushes and closes everything, as far as it goes.
    void close(List<SnapshotStack> snapshots) throws IOException {
        try (var all = new ClosingAll()) {
            all.then(this::closeFile);
            all.then(this::leaveBottom);
            all.then(this::removeReal);
            snapshots.forEach(snapshot -> all.then(snapshot::close));
            all.then(base::close);
            snapshots.forEach(snapshot -> all.then(snapshot::removeVisible));
            all.then(this::flushBottom);
        }
    }

    /// Closes the devices of a stack that was never put in force; the file stays open.
    void abandon() throws IOException {
        base.close();
        removeReal();
        leaveBottom();
    }

    private void leaveBottom() throws IOException {
        if (bottom != null) {
            mapper.detach(bottom);
        }
    }

    private void closeFile() throws IOException {
        if (file != null) {
            file.file().close();
        }
    }
}
