package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Keeps writes out of a range while a command reads it, decides, and writes it back (COMPARE AND WRITE, ORWRITE), or while
/// it is being copied (EXTENDED COPY).
///
/// Ordinary writes are *inside* without saying where: they count themselves in, and out. That costs two atomic operations
/// on a counter of their own core and one volatile read. An exclusive claim
///
/// 1. **closes** the fast door: [#exclusives] goes up, and whoever counts itself in from now on sees it and leaves again;
/// 2. **waits** until nobody is inside any more, and no earlier claim on an overlapping range is left;
/// 3. does its work, and opens the door again.
///
/// While the door is closed, writes make claims as well, which are granted in order of arrival: nobody starves, and writes
/// elsewhere do not wait for each other. A claim waits only for writes that are running and for earlier claims, so there is
/// no circle. A thread has one claim in a gate, so there are at most as many as threads that may block.
///
/// A copy claims two ranges, its source and its destination ([#claimForCopy]). In one gate that is one claim of two ranges. In two
/// gates it is a claim in each, first in the older gate: whoever holds a claim in a gate waits in younger ones only, so that
/// copies to and fro cannot wait for each other.
///
/// Either the writer sees the door closed or the claimer sees the writer inside, since each first writes its own variable
/// and then reads the other's (both are sequentially consistent).
///
/// **Threading.** *Thread-safe: counters, and one lock that is never held across I/O.*
final class RangeGate {
    /// A thread counts in one of these; threads that share one are still right, only slower.
    private static final int STRIPES = 16;

    /// Ints in a cache line, so that stripes do not share one.
    private static final int STRIPE_INTS = 16;

    /// What a claim wants.
    enum Kind {
        /// Writes; overlaps with other shared claims.
        SHARED,
        /// Reads what must not change meanwhile; overlaps with its like.
        READING,
        /// Overlaps with none.
        EXCLUSIVE
    }

    /// Weakly kept: a gate lives as long as its device.
    private static final Map<BlockDevice, RangeGate> GATES =
            Collections.synchronizedMap(new WeakHashMap<>());

    private static final AtomicLong NEXT_AGE = new AtomicLong();

    // Immutable
    private final long age = NEXT_AGE.getAndIncrement();

    // Any thread
    private final AtomicIntegerArray inside = new AtomicIntegerArray(STRIPES * STRIPE_INTS);
    private final AtomicInteger exclusives = new AtomicInteger(); // claims that close the door

    // Guarded by lock
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Claim> claims = new ArrayList<>();

    /// What is to be done with a range.
    private record Part(Kind kind, long start, long end) {
        boolean conflicts(Part other) {
            boolean overlap = start < other.end && other.start < end;
            return overlap && (kind != other.kind || kind == Kind.EXCLUSIVE);
        }

        /// Writes that only count themselves in must not be about.
        boolean closesTheDoor() {
            return kind != Kind.SHARED;
        }
    }

    /// A range, or two, that have been granted to somebody, or will be.
    final class Claim implements AutoCloseable {
        private final List<Part> parts;

        private Claim(List<Part> parts) {
            this.parts = parts;
        }

        private boolean conflicts(Claim other) {
            for (Part mine : parts) {
                for (Part theirs : other.parts) {
                    if (mine.conflicts(theirs)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean closesTheDoor() {
            return parts.stream().anyMatch(Part::closesTheDoor);
        }

        /// Gives the range up. Once.
        @Override
        public void close() {
            leave(this);
        }
    }

    /// The gate of a device. There is one for all logical units that show it, one after the other or at once: commands of
    /// one that is on its way out and of one that has come meanwhile keep out of each other's way.
    static RangeGate of(BlockDevice device) {
        return GATES.computeIfAbsent(device, _ -> new RangeGate());
    }

    /// Lets a write in if the fast door is open; then the same thread must call [#leave()]. Never waits.
    boolean tryEnter() {
        if (exclusives.get() != 0) {
            return false;
        }
        int stripe = stripe();
        inside.incrementAndGet(stripe);
        if (exclusives.get() == 0) {
            return true;
        }
        countOut(stripe);
        return false;
    }

    /// Ends what [#tryEnter()] began.
    void leave() {
        countOut(stripe());
    }

    /// Waits until the range may be used. For threads that may block.
    Claim claim(Kind kind, long offsetBytes, long lengthBytes) {
        return claim(List.of(new Part(kind, offsetBytes, offsetBytes + lengthBytes)));
    }

    /// Waits until one range stands still and another, in the same gate or in another, may be written. For threads that may
    /// block, and hold no claim.
    static Copy claimForCopy(
            RangeGate source,
            long sourceOffsetBytes,
            RangeGate destination,
            long destinationOffsetBytes,
            long lengthBytes) {
        var from = new Part(Kind.READING, sourceOffsetBytes, sourceOffsetBytes + lengthBytes);
        var to =
                new Part(
                        Kind.EXCLUSIVE,
                        destinationOffsetBytes,
                        destinationOffsetBytes + lengthBytes);
        if (source == destination) {
            Claim both = source.claim(List.of(from, to));
            return both::close;
        }
        boolean sourceFirst = source.age < destination.age;
        Claim older = sourceFirst ? source.claim(List.of(from)) : destination.claim(List.of(to));
        Claim younger = sourceFirst ? destination.claim(List.of(to)) : source.claim(List.of(from));
        return () -> {
            younger.close();
            older.close();
        };
    }

    /// The two ranges of a copy.
    interface Copy extends AutoCloseable {
        /// Gives both up. Once.
        @Override
        void close();
    }

    private Claim claim(List<Part> parts) {
        Claim claim = new Claim(parts);
        lock.lock();
        try {
            if (claim.closesTheDoor()) {
                exclusives.incrementAndGet();
            }
            claims.add(claim);
            while (mustWait(claim)) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        return claim;
    }

    private boolean mustWait(Claim claim) {
        for (Claim earlier : claims) {
            if (earlier == claim) {
                break;
            }
            if (claim.conflicts(earlier)) {
                return true;
            }
        }
        return claim.closesTheDoor() && isAnybodyInside();
    }

    /// Once the door is closed nobody stays who comes in, so each counter reaches zero and is seen there.
    private boolean isAnybodyInside() {
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            if (inside.get(stripe * STRIPE_INTS) != 0) {
                return true;
            }
        }
        return false;
    }

    private void leave(Claim claim) {
        lock.lock();
        try {
            if (!claims.remove(claim)) {
                throw new AssertionError("A claim was given up twice.");
            }
            if (claim.closesTheDoor()) {
                exclusives.decrementAndGet();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Claims that have been granted or wait. For tests.
    int claimCount() {
        lock.lock();
        try {
            return claims.size();
        } finally {
            lock.unlock();
        }
    }

    private void countOut(int stripe) {
        inside.decrementAndGet(stripe);
        if (exclusives.get() != 0) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private static int stripe() {
        return (int) (Thread.currentThread().threadId() % STRIPES) * STRIPE_INTS;
    }
}
