package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.Ranges;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.Target;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.snapshot.SnapshotArguments.Discard;
import io.cowherd.mapping.snapshot.SnapshotArguments.Store;
import io.cowherd.mapping.store.CowStore;
import io.cowherd.mapping.store.PersistentStore;
import io.cowherd.mapping.store.StoreExpectation;
import io.cowherd.mapping.store.TransientStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// `snapshot`: a snapshot as its users see it. Reads are [SnapshotReadPath]'s, writes [SnapshotWritePath]'s.
///
/// A target does not own the [Snapshot] but holds it, and hands it over when its table is reloaded (spec 2.11):
///
/// | | holds | source | destination |
/// |---|---|---|---|
/// | *holding* | yes | – | perhaps, until that is resumed |
/// | *waiting* | – | yes | – |
/// | *drained* | – | – | – |
///
/// A drained one, and a waiting one whose source has gone, is `Invalid`.
///
/// **Threading.** *Thread-safe* for I/O; the pairing is guarded by the family.
final class SnapshotTarget implements Target {
    // Immutable
    private final SnapshotFamilies families;
    private final OriginFamily family;
    private final SnapshotArguments arguments;
    private final long lengthBytes;

    // Any thread; written while the mapped device is suspended
    private volatile @Nullable Snapshot snapshot;

    // Written before the first resume
    private Runnable raiseEvent = () -> {};

    // Guarded by the family
    private @Nullable SnapshotTarget source;
    private @Nullable SnapshotTarget destination;
    private boolean running;

    // Owned by the mapped device's life cycle
    private boolean closed;

    private SnapshotTarget(
            SnapshotFamilies families, SnapshotArguments arguments, long lengthBytes) {
        this.families = families;
        this.arguments = arguments;
        this.lengthBytes = lengthBytes;
        this.family = families.acquire(arguments.origin().device());
    }

    static SnapshotTarget construct(
            SnapshotFamilies families,
            SnapshotArguments arguments,
            long lengthBytes,
            SnapshotListener listener)
            throws TableRefusedException, IOException {
        var target = new SnapshotTarget(families, arguments, lengthBytes);
        boolean constructed = false;
        try {
            if (target.family.enter(target) == null) {
                target.load(listener);
            }
            constructed = true;
            return target;
        } finally {
            if (!constructed) {
                target.close();
            }
        }
    }

    private void load(SnapshotListener listener) throws IOException {
        snapshot =
                new Snapshot(
                        family.origin(),
                        arguments.cow(),
                        openStore(listener),
                        listener,
                        lengthBytes,
                        arguments.store().overflowPolicy());
    }

    private CowStore openStore(SnapshotListener listener) throws IOException {
        var cow = arguments.cow().device();
        if (arguments.store() == Store.N) {
            return new TransientStore(cow, new ChunkSize(arguments.chunkSectors()));
        }
        return switch (listener.past(arguments.cow())) {
            case UNKNOWN -> open(StoreExpectation.ANYTHING, listener);
            case NEW -> open(StoreExpectation.FRESH_OR_SOUND, listener);
            case MADE -> open(StoreExpectation.SOUND, listener);
            case LOST -> PersistentStore.knownInvalid(cow, arguments.chunkSectors());
        };
    }

    private PersistentStore open(StoreExpectation expected, SnapshotListener listener)
            throws IOException {
        return PersistentStore.open(
                listener.nameOf(arguments.cow()),
                arguments.cow().device(),
                expected,
                arguments.chunkSectors(),
                family.origin().sizeBytes(),
                family.origin().logicalBlockBytes());
    }

    // --- table and status

    @Override
    public String type() {
        return SnapshotTargetType.NAME;
    }

    @Override
    public String tableArguments() {
        var held = snapshot;
        return arguments.print(held == null ? 0 : held.chunkSize().sectors());
    }

    @Override
    public String status() {
        var held = snapshot;
        if (held == null) {
            return "Invalid";
        }
        return switch (held.state()) {
            case INVALIDATING, INVALID -> "Invalid";
            case OVERFLOWED -> "Overflow";
            case LOADED, ACTIVE -> held.store().usage().toString();
        };
    }

    /// Checks that what is on disk is what is in memory (I4, I5). Reads all records; when no write is in flight.
    ///
    /// @throws AssertionError if it is not
    void audit() throws IOException {
        var held = snapshot;
        if (held != null && held.store() instanceof PersistentStore store) {
            store.audit(family.origin().sizeBytes());
        }
    }

    // --- life

    @Override
    public void raiseEventsWith(Runnable raise) {
        raiseEvent = raise;
    }

    @Override
    public void postsuspend() {
        family.alone(() -> running = false);
    }

    @Override
    public void preresume() throws IOException {
        family.requireResumable(this);
    }

    @Override
    public void resume() {
        family.alone(
                () -> {
                    if (source != null) {
                        takeOver(source);
                    }
                    var held = snapshot;
                    if (held != null) {
                        held.raiseEventsWith(raiseEvent);
                        family.activate(held);
                    }
                    running = true;
                });
    }

    /// Its snapshot, its state and its store become ours; our length, features and overflow policy hold.
    private void takeOver(SnapshotTarget from) {
        var handed = from.snapshot;
        if (handed != null) {
            handed.takenOver(lengthBytes, arguments.store().overflowPolicy());
        }
        snapshot = handed;
        from.snapshot = null;
        unpair(from);
    }

    /// Takes the snapshot out of the family. A source that goes before the hand-over cancels it: the destination is
    /// invalid then.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        family.alone(
                () -> {
                    if (source != null) {
                        unpair(source);
                    }
                    if (destination != null) {
                        destination.unpair(this);
                    }
                    var held = snapshot;
                    if (held != null) {
                        family.deactivate(held);
                    }
                });
        family.leave(this);
        families.release(family);
    }

    // --- pairing; guarded by the family

    boolean sharesCowWith(SnapshotTarget other) {
        return arguments.cow().device().equals(other.arguments.cow().device());
    }

    boolean isDrained() {
        return snapshot == null && source == null;
    }

    /// True if it holds a snapshot that has been resumed once.
    boolean holdsActive() {
        var held = snapshot;
        return held != null && family.isActive(held);
    }

    boolean isRunning() {
        return running;
    }

    @Nullable SnapshotTarget source() {
        return source;
    }

    @Nullable SnapshotTarget destination() {
        return destination;
    }

    void pairWith(SnapshotTarget newcomer) {
        destination = newcomer;
        newcomer.source = this;
    }

    private void unpair(SnapshotTarget from) {
        from.destination = null;
        source = null;
    }

    // --- I/O

    @Override
    public long sizeBytes() {
        return lengthBytes;
    }

    @Override
    public int logicalBlockBytes() {
        return Math.max(
                family.origin().logicalBlockBytes(), arguments.cow().device().logicalBlockBytes());
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        SnapshotReadPath.read(held(), offsetBytes, target);
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        return SnapshotReadPath.tryRead(held(), offsetBytes, target);
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        SnapshotWritePath.write(held(), offsetBytes, source, mode);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        return SnapshotWritePath.tryWrite(held(), offsetBytes, source);
    }

    /// Only the COW device's, of an invalid snapshot too (spec 2.1, vector 50).
    @Override
    public void flush() throws IOException {
        arguments.cow().device().flush();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        SnapshotDiscardPath.writeZeroes(held(), offsetBytes, lengthBytes, mode);
    }

    @Override
    public boolean supportsDiscard() {
        return arguments.discard() != Discard.UNSUPPORTED;
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        if (!supportsDiscard()) {
            throw new UnsupportedOperationException("discard is not supported by " + this);
        }
        SnapshotDiscardPath.discard(held(), offsetBytes, lengthBytes);
        if (arguments.discard() == Discard.PASSDOWN_ORIGIN && family.origin().supportsDiscard()) {
            family.origin().discard(offsetBytes, lengthBytes);
        }
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        return SnapshotDiscardPath.extent(held(), offsetBytes, lengthBytes);
    }

    private Snapshot held() throws SnapshotInvalidException {
        var held = snapshot;
        if (held == null) {
            throw new SnapshotInvalidException(
                    Snapshot.named(arguments.cow()), "Another table has taken it over.");
        }
        return held;
    }

    @Override
    public String toString() {
        return type() + " " + tableArguments();
    }
}
