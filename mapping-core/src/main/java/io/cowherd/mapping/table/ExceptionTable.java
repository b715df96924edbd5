package io.cowherd.mapping.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The committed exceptions of one snapshot: origin chunk → store chunk.
///
/// **Shape.** Origin chunks are taken in groups of sixteen. An open-addressed hash (linear probing, three parallel
/// arrays) has one slot per group that has an exception:
///
/// | array | per slot | holds |
/// |---|---:|---|
/// | `groups` | 8 B | the group's number, or `FREE` |
/// | `firsts` | 8 B | the group's only exception: 4 bits of index, 56 bits of store chunk |
/// | `leaves` | 4 B | null while there is only one; else an immutable leaf with all of the group's exceptions |
///
/// A leaf is a `byte[]`: a 16-bit bitmap, then one little-endian number per set bit in order of index, each as wide as
/// the leaf's largest number needs (the width follows from the array's length).
///
/// **Cost.** The load is kept between 0.64 and 0.8, so that an exception costs at most 32 bytes when no two share a
/// group, and at most 12 when groups are full, for store chunks below 2^48 and beyond a few hundred exceptions (the
/// kernel: 32 always, spec 1.9). [#memoryBytes()] counts.
///
/// **Concurrency.** [#lookup] is lock-free and allocates nothing. The single writer never changes what a reader may
/// be reading: leaves are replaced whole, a slot's group is stored (release) after its first exception, and a larger
/// hash is filled before it is published. So a lookup that starts after [#insert] has returned sees the exception, and
/// one that overlaps it sees it or not.
///
/// **Threading.** *Thread-safe*: lookups from any thread; [#insert] and [#remove] by one thread at a time, ordered by
/// the caller (the store's committer).
public final class ExceptionTable {
    /// The answer of [#lookup] for a chunk that has not left its origin.
    public static final long ABSENT = -1;

    /// Largest store chunk number that fits (the kernel's own bound, spec 1.9).
    public static final long MAX_STORE_CHUNK = (1L << 56) - 1;

    private static final int GROUP_SHIFT = 4;
    private static final int GROUP_MASK = (1 << GROUP_SHIFT) - 1;
    private static final int BITMAP_BYTES = 2;
    private static final long FREE = -1;
    private static final int INITIAL_SLOTS = 64;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle LEAVES = MethodHandles.arrayElementVarHandle(byte[][].class);

    /// One generation of the hash. The arrays' lengths are equal.
    private static final class Slots {
        final long[] groups;
        final long[] firsts;
        final byte[] @Nullable [] leaves;

        Slots(int count) {
            groups = new long[count];
            firsts = new long[count];
            leaves = new byte[count][];
            Arrays.fill(groups, FREE);
        }

        /// The slot of that group, or the free one where it would go.
        int find(long group) {
            // Fibonacci hashing; the high half of the product spreads over any count, not only
            // powers of two.
            long mixed = (group ^ (group >>> 32)) * 0x9E3779B97F4A7C15L;
            int slot = (int) Math.multiplyHigh(mixed >>> 1, (long) groups.length << 1);
            while (true) {
                long found = (long) LONGS.getAcquire(groups, slot);
                if (found == group || found == FREE) {
                    return slot;
                }
                slot = slot + 1 == groups.length ? 0 : slot + 1;
            }
        }

        byte @Nullable [] leaf(int slot) {
            return (byte[]) LEAVES.getAcquire(leaves, slot);
        }
    }

    // Any thread
    private volatile Slots slots = new Slots(INITIAL_SLOTS);
    private volatile long size;

    // Owned by the writer
    private int usedSlots;
    private long leafBytes;

    /// An empty table.
    public ExceptionTable() {}

    /// The store chunk that replaces `originChunk`, or [#ABSENT]. Lock-free, allocation-free.
    public long lookup(long originChunk) {
        Slots now = slots;
        long group = originChunk >>> GROUP_SHIFT;
        int slot = now.find(group);
        // Not "if it is free": another group may have come there since it was.
        if ((long) LONGS.getAcquire(now.groups, slot) != group) {
            return ABSENT;
        }
        int index = (int) originChunk & GROUP_MASK;
        byte[] leaf = now.leaf(slot);
        if (leaf != null) {
            return leafLookup(leaf, index);
        }
        long first = now.firsts[slot];
        return firstIndex(first) == index ? firstStoreChunk(first) : ABSENT;
    }

    /// Adds an exception.
    ///
    /// @param originChunk not negative, not yet in the table (invariant I1)
    /// @param storeChunk 0 to [#MAX_STORE_CHUNK]
    /// @throws AssertionError if the chunk has an exception already
    public void insert(long originChunk, long storeChunk) {
        if (originChunk < 0 || storeChunk < 0 || storeChunk > MAX_STORE_CHUNK) {
            throw new IllegalArgumentException(
                    "exception " + originChunk + " -> " + storeChunk + " is out of range");
        }
        if (lookup(originChunk) != ABSENT) {
            throw new AssertionError(
                    "I1: origin chunk "
                            + originChunk
                            + " has left its origin already, to store chunk "
                            + lookup(originChunk)
                            + "; now again to "
                            + storeChunk);
        }
        if (usedSlots >= slots.groups.length - slots.groups.length / 5) {
            grow();
        }
        Slots now = slots;
        long group = originChunk >>> GROUP_SHIFT;
        int slot = now.find(group);
        int index = (int) originChunk & GROUP_MASK;
        if (now.groups[slot] == FREE) {
            now.firsts[slot] = packFirst(index, storeChunk);
            LONGS.setRelease(now.groups, slot, group);
            usedSlots++;
        } else {
            byte[] before = now.leaf(slot);
            if (before == null) {
                before = leafOf(now.firsts[slot]);
            } else {
                leafBytes -= heapBytes(before);
            }
            replaceLeaf(now, slot, leafWith(before, index, storeChunk));
        }
        count(+1);
    }

    /// Takes an exception out again, after its chunk has been merged into the origin. No effect if there is none.
    public void remove(long originChunk) {
        if (lookup(originChunk) == ABSENT) {
            return;
        }
        Slots now = slots;
        int slot = now.find(originChunk >>> GROUP_SHIFT);
        byte[] before = now.leaf(slot);
        if (before == null) {
            before = leafOf(now.firsts[slot]);
        } else {
            leafBytes -= heapBytes(before);
        }
        replaceLeaf(now, slot, leafWithout(before, (int) originChunk & GROUP_MASK));
        count(-1);
    }

    /// Number of exceptions.
    public long size() {
        return size;
    }

    /// Calls `action` with each exception, in no order. By the writer, or while there is none.
    public void forEach(Action action) {
        Slots now = slots;
        for (int slot = 0; slot < now.groups.length; slot++) {
            if (now.groups[slot] == FREE) {
                continue;
            }
            long base = now.groups[slot] << GROUP_SHIFT;
            byte[] leaf = now.leaf(slot);
            if (leaf == null) {
                leaf = leafOf(now.firsts[slot]);
            }
            for (int index = 0; index <= GROUP_MASK; index++) {
                long storeChunk = leafLookup(leaf, index);
                if (storeChunk != ABSENT) {
                    action.accept(base | index, storeChunk);
                }
            }
        }
    }

    /// Heap bytes that the table occupies, counted from its arrays (compressed references). By the writer.
    public long memoryBytes() {
        return 20L * slots.groups.length + 3 * 16 + leafBytes;
    }

    /// What [#forEach] calls.
    @FunctionalInterface
    public interface Action {
        /// One exception.
        void accept(long originChunk, long storeChunk);
    }

    /// A quarter more slots: the load falls from 0.8 to 0.64, which is what bounds the cost per exception.
    private void grow() {
        Slots before = slots;
        Slots after = new Slots(before.groups.length + before.groups.length / 4);
        for (int slot = 0; slot < before.groups.length; slot++) {
            long group = before.groups[slot];
            if (group != FREE) {
                int to = after.find(group);
                after.firsts[to] = before.firsts[slot];
                after.leaves[to] = before.leaves[slot];
                after.groups[to] = group;
            }
        }
        slots = after;
    }

    /// One writer at a time: the update need not be atomic.
    private void count(int more) {
        long counted = size + more;
        size = counted;
    }

    private void replaceLeaf(Slots now, int slot, byte[] leaf) {
        leafBytes += heapBytes(leaf);
        LEAVES.setRelease(now.leaves, slot, leaf);
    }

    private static long packFirst(int index, long storeChunk) {
        return (long) index << 56 | storeChunk;
    }

    private static int firstIndex(long first) {
        return (int) (first >>> 56);
    }

    private static long firstStoreChunk(long first) {
        return first & MAX_STORE_CHUNK;
    }

    private static int bitmap(byte[] leaf) {
        return (leaf[0] & 0xff) | (leaf[1] & 0xff) << 8;
    }

    private static int width(byte[] leaf, int bitmap) {
        return bitmap == 0 ? 0 : (leaf.length - BITMAP_BYTES) / Integer.bitCount(bitmap);
    }

    private static long leafLookup(byte[] leaf, int index) {
        int bitmap = bitmap(leaf);
        int bit = 1 << index;
        if ((bitmap & bit) == 0) {
            return ABSENT;
        }
        int width = width(leaf, bitmap);
        return number(leaf, BITMAP_BYTES + width * Integer.bitCount(bitmap & (bit - 1)), width);
    }

    private static long number(byte[] leaf, int at, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | (leaf[at + i] & 0xff);
        }
        return value;
    }

    private static byte[] leafOf(long first) {
        return leafWith(new byte[BITMAP_BYTES], firstIndex(first), firstStoreChunk(first));
    }

    private static byte[] leafWith(byte[] before, int index, long storeChunk) {
        long[] storeChunks = unpack(before);
        storeChunks[index] = storeChunk;
        return pack(storeChunks);
    }

    private static byte[] leafWithout(byte[] before, int index) {
        long[] storeChunks = unpack(before);
        storeChunks[index] = ABSENT;
        return pack(storeChunks);
    }

    private static long[] unpack(byte[] leaf) {
        long[] storeChunks = new long[GROUP_MASK + 1];
        for (int index = 0; index <= GROUP_MASK; index++) {
            storeChunks[index] = leafLookup(leaf, index);
        }
        return storeChunks;
    }

    private static byte[] pack(long[] storeChunks) {
        int count = 0;
        long largest = 0;
        for (long storeChunk : storeChunks) {
            if (storeChunk != ABSENT) {
                count++;
                largest |= storeChunk;
            }
        }
        int width = Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(largest) + 7) / 8);
        byte[] leaf = new byte[BITMAP_BYTES + count * width];
        int at = BITMAP_BYTES;
        for (int index = 0; index < storeChunks.length; index++) {
            long storeChunk = storeChunks[index];
            if (storeChunk == ABSENT) {
                continue;
            }
            leaf[index >>> 3] |= (byte) (1 << (index & 7));
            for (int i = 0; i < width; i++) {
                leaf[at++] = (byte) (storeChunk >>> (8 * i));
            }
        }
        return leaf;
    }

    /// A byte array's size on the heap: 16 bytes of header, rounded up to 8.
    private static long heapBytes(byte[] array) {
        return (16 + array.length + 7) & ~7L;
    }
}
