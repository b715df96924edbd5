package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.NOT_FOUND;

import io.cowherd.mapping.device.FencedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

/// The volume groups of a data directory that several nodes share: each node opens some of the families, none is open twice.
///
/// What happens to a family here, in this order; each step by itself, on a thread that may block:
///
/// | step | does | if it fails |
/// |------|------|-------------|
/// | [#lock] | takes the family's `lock`, at once or not at all | nothing has happened |
/// | [#raiseEpoch] | makes the epoch one more, durably | unlock |
/// | [#open] | finishes what the former owner left half-done, opens, announces its volumes as created | unlock |
/// | [#close] | announces that they go, waits for requests, flushes, closes; after hosts were drained | abandon |
/// | [#abandon] | in the place of `close` once the fence has fallen: nothing is written any more | end the process |
/// | [#unlock] | gives the lock up, after everything is closed | – |
///
/// A new origin is held and open when [Volumes#create] returns: locked, its epoch raised, announced as created. One that has been
/// removed is unlocked.
///
/// Requests on a volume whose fence has fallen fail with a [FencedException], somewhere in the chain of causes; on one that has
/// been closed with a [io.cowherd.mapping.dm.DeviceRemovedException]. Hosts should try again: at the next owner.
///
/// **Threading.** *Thread-safe*: steps of one family one at a time; those of several side by side, but for what [#volumes] has one
/// lock for.
public final class SharedVolumePool implements AutoCloseable {
    /// How long [#close] and [#abandon] wait for requests that are under way.
    static final Duration QUIESCE_LIMIT = Duration.ofSeconds(30);

    private final VolumePool pool;
    private final NodeSharing sharing;

    private SharedVolumePool(VolumePool pool, NodeSharing sharing) {
        this.pool = pool;
        this.sharing = sharing;
    }

    /// Opens a data directory as one of several nodes, making it if need be. No family is open yet.
    ///
    /// @param node this node's name, another one than any other node's
    /// @param newFamilies gives the fence of an origin that this node is about to make, given its identity
    /// @param log takes a sentence for each thing that an operator should know, from any thread; must not block
    /// @param clock tells when volumes are created
    /// @param largestNumber as for [VolumePool#open]
    /// @throws DataDirectoryInUseException if a single server has it open
    public static SharedVolumePool open(
            Path dataDirectory,
            String node,
            Function<UUID, WriteFence> newFamilies,
            Consumer<String> log,
            InstantSource clock,
            int largestNumber)
            throws IOException {
        return open(
                dataDirectory,
                node,
                newFamilies,
                log,
                clock,
                largestNumber,
                DurableFiles.LOCAL,
                DeviceOpener.FILES);
    }

    /// The same over other files and devices, for tests.
    static SharedVolumePool open(
            Path dataDirectory,
            String node,
            Function<UUID, WriteFence> newFamilies,
            Consumer<String> log,
            InstantSource clock,
            int largestNumber,
            DurableFiles files,
            DeviceOpener devices)
            throws IOException {
        var sharing = new NodeSharing(node, newFamilies);
        var context = PoolContext.of(log, clock, files, devices, largestNumber, sharing);
        return new SharedVolumePool(VolumePool.open(dataDirectory, context), sharing);
    }

    /// The volumes that are open here. Of others it refuses changes ([VolumeRefusedException.Reason#ELSEWHERE]); new origins come
    /// to be here.
    public Volumes volumes() {
        return pool;
    }

    /// The families of all nodes, as of the last change here or [#refresh].
    public List<FamilyRecord> families() {
        return pool.known().all();
    }

    /// Adds a listener. What is known already is not announced.
    public void addListener(FamilyListener listener) {
        pool.known().addListener(listener);
    }

    /// Reads the catalogs again, and tells the listeners what other nodes have changed.
    public void refresh() throws IOException {
        pool.refresh();
    }

    /// Locks a family for this node, at once or not at all.
    ///
    /// @throws FamilyInUseException if another has it
    /// @throws VolumeRefusedException if there is no such family
    public void lock(UUID family) throws IOException, VolumeRefusedException {
        sharing.lock(folder(family), family, pool.context().files());
    }

    private Path folder(UUID family) throws IOException, VolumeRefusedException {
        FamilyRecord known = known(family);
        return pool.groupFolder(known).resolve(family.toString());
    }

    private FamilyRecord known(UUID family) throws IOException, VolumeRefusedException {
        if (pool.known().get(family) == null) {
            pool.refresh();
        }
        FamilyRecord known = pool.known().get(family);
        if (known == null) {
            throw new VolumeRefusedException(
                    NOT_FOUND, "There is no family " + family + ".", "List them: cowherd ls.");
        }
        return known;
    }

    /// Makes the stored epoch one more than it was. Durable when it returns. Only under the lock.
    ///
    /// @throws UnreadableEpochException if the present one cannot be believed
    public FamilyEpoch raiseEpoch(UUID family) throws IOException {
        return held(family).raiseEpoch();
    }

    /// The stored epoch, whoever has the lock.
    public FamilyEpoch readEpoch(UUID family) throws IOException, VolumeRefusedException {
        return new EpochFile(folder(family), family, pool.context().files()).read();
    }

    private FamilyHold held(UUID family) {
        FamilyHold hold = sharing.hold(family);
        if (hold == null) {
            throw new IllegalStateException("the family " + family + " is not locked");
        }
        return hold;
    }

    /// Opens a family that is locked and whose epoch is raised.
    ///
    /// @param fence asked for as long as it is open
    /// @throws FencedException if it fell meanwhile
    /// @throws io.cowherd.mapping.device.FileInUseException if a file of it is not free yet
    public void open(UUID family, WriteFence fence) throws IOException, VolumeRefusedException {
        VolumeGroup group = pool.groupOf(known(family));
        FamilyHold hold = held(family);
        synchronized (hold) {
            if (openHere(group, family).isPresent()) {
                throw new IllegalStateException("the family " + family + " is open already");
            }
            LatchedFence stands = hold.fenceBy(fence);
            boolean done = false;
            try {
                Optional<Family> opened = group.openFamily(family, pool.context().behind(hold));
                if (opened.isEmpty()) {
                    throw new VolumeRefusedException(
                            NOT_FOUND, "The family " + family + " has been removed.", "");
                }
                bring(group, opened.get(), stands);
                done = true;
            } finally {
                if (!done) {
                    stands.fall("The family " + family + " is not open");
                }
            }
        }
    }

    private Optional<Family> openHere(VolumeGroup group, UUID family) throws IOException {
        var found = new AtomicReference<Optional<Family>>(Optional.empty());
        pool.alone(() -> found.set(group.family(family)));
        return found.get();
    }

    private void bring(VolumeGroup group, Family opened, LatchedFence stands) throws IOException {
        try {
            pool.alone(
                    () -> {
                        stands.check();
                        group.add(opened);
                        pool.publish();
                        announceCreated(opened);
                    });
        } catch (IOException e) {
            group.catalog().letGo(opened.uuid());
            Undo.attempt(pool.context().log(), "close " + opened.origin(), opened::close);
            throw e;
        }
    }

    private void announceCreated(Family family) {
        family.volumes()
                .reversed()
                .forEach(volume -> pool.context().announce(each -> each.created(volume)));
    }

    private void announceRemoving(Family family) {
        family.volumes().forEach(volume -> pool.context().announce(each -> each.removing(volume)));
    }

    /// Closes a family that is open here; nothing happens if it is not. Afterwards nothing is written to it any more; it is locked
    /// still.
    ///
    /// @throws IOException if requests do not end in time: then it is open as before; or if the storage fails: then it is closed all
    ///     the same
    public void close(UUID family) throws IOException {
        FamilyHold hold = sharing.hold(family);
        FamilyRecord known = pool.known().get(family);
        if (hold == null || known == null) {
            return;
        }
        VolumeGroup group = pool.groupOf(known);
        synchronized (hold) {
            Optional<Family> open = openHere(group, family);
            if (open.isPresent()) {
                pool.alone(() -> closeQuiesced(group, open.get(), hold));
            }
        }
    }

    private void closeQuiesced(VolumeGroup group, Family family, FamilyHold hold)
            throws IOException {
        announceRemoving(family);
        try {
            family.quiesce(QUIESCE_LIMIT);
        } catch (IOException e) {
            announceCreated(family);
            throw e;
        }
        leave(group, family, hold);
    }

    private void leave(VolumeGroup group, Family family, FamilyHold hold) throws IOException {
        try {
            family.close();
        } finally {
            hold.fence().fall("This node has closed the family " + family.uuid());
            group.forget(family);
            group.catalog().letGo(family.uuid());
            pool.publish();
        }
    }

    /// The fence has fallen, or is to fall now: nothing is written to the family any more from the moment of this call, also if it
    /// is being opened or closed. Returns when it is closed and nothing that was issued before is under way; harmless if
    /// it is not open.
    ///
    /// @throws IOException if requests do not end in time: the process must end then, or this be called again
    public void abandon(UUID family) throws IOException {
        FamilyHold hold = sharing.hold(family);
        FamilyRecord known = pool.known().get(family);
        if (hold == null || known == null) {
            return;
        }
        String why = "This node has lost the family " + family;
        hold.fence().fall(why);
        VolumeGroup group = pool.groupOf(known);
        synchronized (hold) {
            hold.fence().fall(why); // of an opening that has ended meanwhile
            Optional<Family> open = openHere(group, family);
            if (open.isPresent()) {
                pool.alone(
                        () -> {
                            announceRemoving(open.get());
                            open.get().quiesce(QUIESCE_LIMIT);
                            leaveUnflushed(group, open.get(), hold);
                        });
            }
        }
    }

    private void leaveUnflushed(VolumeGroup group, Family family, FamilyHold hold) {
        try {
            leave(group, family, hold);
        } catch (IOException e) {
            if (FencedException.behind(e) == null) { // else it is the flush, which was refused
                pool.context().log().accept("Closed " + family.origin() + " with a fault: " + e);
            }
        }
    }

    /// Gives the lock of a closed family up; harmless without it.
    public void unlock(UUID family) throws IOException {
        FamilyHold hold = sharing.hold(family);
        FamilyRecord known = pool.known().get(family);
        if (hold == null) {
            return;
        }
        synchronized (hold) {
            if (known != null && openHere(pool.groupOf(known), family).isPresent()) {
                throw new IllegalStateException("the family " + family + " is open");
            }
            sharing.end(family);
        }
    }

    /// Closes and unlocks everything. Requests in flight must have ended.
    @Override
    public void close() throws IOException {
        try (var all = new ClosingAll()) {
            all.then(sharing::endAll);
            all.then(pool::close);
        }
    }
}
