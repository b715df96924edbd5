package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.Ranges;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A device with a name and a table of targets that can be replaced under the feet of its users.
///
/// ```
///            load: a second, inactive table; clear: forget it
///          ┌──────────────── suspend ───────────────┐
///          │   shut the gate → presuspend → drain   ▼
///  ┌───► ACTIVE                                 SUSPENDED      remove, from both ──► REMOVED
///  │       ▲                                        │
///  │       └──────────────── resume ────────────────┘
///  └── resume with an inactive table: suspend → preresume of the new → swap → resume of the new → close the old
/// ```
///
/// - While suspended, blocking requests wait and the `try…` twins answer false; none fails.
/// - The swap comes between two requests: each sees the old table or the new one, whole.
/// - A new table that refuses its preresume stays inactive, and the old one stays in force.
/// - Suspending a suspended device and resuming an active one without an inactive table do nothing, as in `dmsetup`.
/// - A new device is active and has an empty table, size 0.
///
/// **Threading.** *Thread-safe*: any thread may send requests and change the table; changes are serialised by one lock.
/// A request must not change the table of the device that it is in: it would wait for itself.
public final class MappedDevice implements BlockDevice {
    /// Major number of mapped devices, as on most machines.
    static final int MAJOR = 253;

    private enum State {
        /// Requests are served. From the start, or by resume.
        ACTIVE,
        /// Requests wait. By suspend.
        SUSPENDED,
        /// Requests fail. The end.
        REMOVED
    }

    // Immutable
    private final DeviceMapper mapper;
    private final String uuid;
    private final DeviceRef ref;
    private final RequestGate gate = new RequestGate();
    private final AtomicLong eventNumber = new AtomicLong();
    private final ReentrantLock control = new ReentrantLock();

    // Any thread may read; changed under control (the name: by the mapper)
    private volatile String name;
    private volatile State state = State.ACTIVE;
    private volatile Table live = Table.EMPTY; // changes only while no request is in
    private volatile @Nullable Table inactive;

    MappedDevice(DeviceMapper mapper, String name, String uuid, int minor) {
        this.mapper = mapper;
        this.name = name;
        this.uuid = uuid;
        ref = new DeviceRef(MAJOR, minor, this);
    }

    /// Its name, which can change.
    public String name() {
        return name;
    }

    void rename(String newName) {
        name = newName;
    }

    /// Its UUID, which cannot change; empty if it has none.
    public String uuid() {
        return uuid;
    }

    /// Its number in tables.
    public DeviceRef ref() {
        return ref;
    }

    /// Loads a table beside the one in force; it waits for [#resume()]. Replaces one that is waiting.
    ///
    /// @param lines `start length type [arguments]`, in sectors, from 0 without gaps
    /// @throws TableRefusedException if a line is wrong; nothing has changed
    /// @throws IOException if a target cannot read its metadata; nothing has changed
    public void load(List<String> lines) throws TableRefusedException, IOException {
        control.lock();
        try {
            checkNotRemoved();
            replaceInactive(mapper.construct(this, lines));
        } finally {
            control.unlock();
        }
    }

    /// The same from targets that exist. They belong to this device if this returns, else to the caller.
    ///
    /// @param targets from sector 0 without gaps; the devices that they use are not held against removal
    /// @throws TableRefusedException if there is a gap, or no target; nothing has changed
    /// @throws IOException if the table that this one replaces cannot be closed
    public void loadTargets(List<MappedTarget> targets) throws TableRefusedException, IOException {
        control.lock();
        try {
            checkNotRemoved();
            long end = 0;
            for (var target : targets) {
                Table.check(target.startSector(), target.lengthSectors(), end);
                end = target.startSector() + target.lengthSectors();
            }
            if (targets.isEmpty()) {
                throw new TableRefusedException(DeviceMapper.NO_TARGETS);
            }
            replaceInactive(new Table(targets, () -> {}));
        } finally {
            control.unlock();
        }
    }

    /// Forgets the inactive table.
    public void clear() throws IOException {
        control.lock();
        try {
            replaceInactive(null);
        } finally {
            control.unlock();
        }
    }

    private void replaceInactive(@Nullable Table next) throws IOException {
        var before = inactive;
        if (next != null) {
            next.raiseEventsWith(this::raiseEvent);
        }
        inactive = next;
        if (before != null) {
            before.close();
        }
    }

    /// Holds new requests back and waits, however long, until those in flight have ended.
    public void suspend() throws IOException {
        suspend(Duration.ofNanos(Long.MAX_VALUE));
    }

    /// The same with a limit: when it is over, requests go on as before.
    ///
    /// @throws IOException if requests were still in flight when the limit was over, or the thread was interrupted
    public void suspend(Duration limit) throws IOException {
        control.lock();
        try {
            checkNotRemoved();
            if (state == State.ACTIVE) {
                suspendLive(limit);
            }
        } finally {
            control.unlock();
        }
    }

    private void suspendLive(Duration limit) throws IOException {
        boolean isIdle = false;
        gate.shut();
        try {
            live.presuspend();
            isIdle = gate.awaitIdle(limit.toNanos());
            if (!isIdle) {
                throw new IOException(
                        "%s: %d requests still in flight after %s; not suspended, I/O goes on"
                                .formatted(name, gate.inFlight(), limit));
            }
        } catch (InterruptedException e) {
            throw interrupted("suspend", e);
        } finally {
            if (!isIdle) {
                live.presuspendUndo();
                gate.open();
            }
        }
        live.postsuspend();
        state = State.SUSPENDED;
    }

    /// Puts the inactive table in force, if there is one, and lets requests through. Suspends first if need be.
    ///
    /// @throws IOException if a target refuses, or the old table cannot be closed; the message says which. After a refusal
    ///     everything is as it was: the device active or suspended, the old table in force, the new one inactive
    public void resume() throws IOException {
        control.lock();
        try {
            checkNotRemoved();
            var next = inactive;
            if (next == null) {
                if (state == State.SUSPENDED) {
                    resumeLive();
                }
                return;
            }
            boolean wasActive = state == State.ACTIVE;
            if (wasActive) {
                suspendLive(Duration.ofNanos(Long.MAX_VALUE));
            }
            preresume(next, wasActive);
            swap(next);
        } finally {
            control.unlock();
        }
    }

    private void preresume(Table next, boolean wasActive) throws IOException {
        try {
            next.preresume();
        } catch (IOException e) {
            var refusal = new IOException(name + " keeps its old table: " + e.getMessage(), e);
            if (wasActive) {
                try {
                    resumeLive();
                } catch (IOException alsoRefused) {
                    refusal.addSuppressed(alsoRefused); // it stays suspended
                }
            }
            throw refusal;
        }
    }

    private void resumeLive() throws IOException {
        live.preresume();
        live.resume();
        state = State.ACTIVE;
        gate.open();
    }

    private void swap(Table next) throws IOException {
        var old = live;
        live = next;
        inactive = null;
        next.resume();
        state = State.ACTIVE;
        gate.open();
        try {
            old.close();
        } catch (IOException e) {
            throw new IOException(
                    name
                            + " has its new table, but the old one cannot be closed: "
                            + e.getMessage(),
                    e);
        }
    }

    /// The lines of `dmsetup table`; one empty line if there is no table.
    public List<String> table() {
        return lines(live.lines().stream().map(MappedTarget::tableLine).toList());
    }

    /// The lines of `dmsetup table --inactive`.
    public List<String> inactiveTable() {
        var table = inactive;
        return lines(
                table == null
                        ? List.of()
                        : table.lines().stream().map(MappedTarget::tableLine).toList());
    }

    /// The lines of `dmsetup status`; one empty line if there is no table.
    public List<String> status() {
        return lines(live.lines().stream().map(MappedTarget::statusLine).toList());
    }

    private static List<String> lines(List<String> lines) {
        return lines.isEmpty() ? List.of("") : lines;
    }

    /// What `dmsetup info` tells.
    public DeviceInfo info() {
        var table = live;
        return new DeviceInfo(
                name,
                uuid,
                ref.major(),
                ref.minor(),
                state != State.ACTIVE,
                !table.isEmpty(),
                inactive != null,
                mapper.users(ref).size(),
                eventNumber.get(),
                table.lines().size());
    }

    /// How many events it has raised.
    public long eventNumber() {
        return eventNumber.get();
    }

    private void raiseEvent() {
        mapper.announce(this, eventNumber.incrementAndGet());
    }

    /// Uses the device: until the answer is closed it cannot be removed.
    ///
    /// @param user named to whoever tries: `LUN 1 of iqn…`
    public Use open(String user) throws IOException {
        return mapper.open(this, user);
    }

    /// Who uses it: what [#open] was given, and the names of devices whose tables refer to it.
    public List<String> users() {
        return mapper.users(ref);
    }

    /// A use of a device. Closing it twice does nothing.
    public interface Use extends AutoCloseable {
        @Override
        void close();
    }

    @Override
    public long sizeBytes() {
        return live.sizeBytes();
    }

    @Override
    public int logicalBlockBytes() {
        return live.logicalBlockBytes();
    }

    @Override
    public boolean supportsDiscard() {
        return live.supportsDiscard();
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, target.remaining());
            live.read(offsetBytes, target);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        int ticket = gate.tryEnter();
        if (ticket == RequestGate.SHUT) {
            return false;
        }
        try {
            Ranges.check(this, offsetBytes, target.remaining());
            return live.tryRead(offsetBytes, target);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, source.remaining());
            live.write(offsetBytes, source, mode);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        int ticket = gate.tryEnter();
        if (ticket == RequestGate.SHUT) {
            return false;
        }
        try {
            Ranges.check(this, offsetBytes, source.remaining());
            return live.tryWrite(offsetBytes, source);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public void flush() throws IOException {
        int ticket = enter();
        try {
            live.flush();
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, lengthBytes);
            live.writeZeroes(offsetBytes, lengthBytes, mode);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, lengthBytes);
            if (!live.supportsDiscard()) {
                throw new UnsupportedOperationException("discard is not supported by " + this);
            }
            live.discard(offsetBytes, lengthBytes);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, lengthBytes);
            return live.ensureAllocated(offsetBytes, lengthBytes);
        } finally {
            gate.leave(ticket);
        }
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        int ticket = enter();
        try {
            Ranges.check(this, offsetBytes, lengthBytes);
            return live.extent(offsetBytes, lengthBytes);
        } finally {
            gate.leave(ticket);
        }
    }

    /// Waits while the device is suspended.
    private int enter() throws IOException {
        int ticket = gate.tryEnter();
        while (ticket == RequestGate.SHUT) {
            try {
                gate.awaitOpen();
            } catch (InterruptedException e) {
                throw interrupted("request", e);
            }
            checkNotRemoved();
            ticket = gate.tryEnter();
        }
        return ticket;
    }

    private InterruptedIOException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        var interruption =
                new InterruptedIOException(what + " interrupted in its wait for " + name);
        interruption.initCause(cause);
        return interruption;
    }

    private void checkNotRemoved() throws IOException {
        if (state == State.REMOVED) {
            throw new DeviceRemovedException(name);
        }
    }

    /// Removes the device, whoever uses it: for the end of a process. Requests that wait or come fail.
    @Override
    public void close() throws IOException {
        control.lock();
        try {
            if (state == State.REMOVED) {
                return;
            }
            if (state == State.ACTIVE) {
                suspendLive(Duration.ofNanos(Long.MAX_VALUE));
            }
            state = State.REMOVED;
            gate.abandon();
            mapper.forget(this);
            var old = live;
            live = Table.EMPTY;
            try {
                replaceInactive(null);
            } finally {
                old.close();
            }
        } finally {
            control.unlock();
        }
    }

    boolean isRemoved() {
        return state == State.REMOVED;
    }

    /// `name (253:1)`.
    @Override
    public String toString() {
        return name + " (" + ref + ")";
    }
}
