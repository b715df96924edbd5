package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.TargetType.DeviceLookup;
import io.cowherd.mapping.geometry.ChunkSize;
import java.util.List;
import java.util.Locale;

/// `<origin> <COW> <store> <chunk_size> [<#features> <feature>…]`: what a snapshot's table line says (spec 2.1).
///
/// @param origin the origin
/// @param cow the COW device, another one
/// @param store which kind of store
/// @param chunkSectors chunk size, legal for both devices, or 0 for the store's own
/// @param discard what a discard does
record SnapshotArguments(
        DeviceRef origin, DeviceRef cow, Store store, int chunkSectors, Discard discard) {
    private static final int MIN_COUNT = 4;
    private static final String ZEROES_COW = "discard_zeroes_cow";
    private static final String PASSDOWN_ORIGIN = "discard_passdown_origin";

    /// Kinds of store.
    enum Store {
        /// Persistent.
        P,
        /// Persistent, overflow handling of spec 2.9.
        PO,
        /// Transient.
        N;

        OverflowPolicy overflowPolicy() {
            return this == PO ? OverflowPolicy.REFUSE_WRITES : OverflowPolicy.INVALIDATE;
        }
    }

    /// What a discard does (spec 2.6).
    enum Discard {
        /// It is not supported.
        UNSUPPORTED(""),
        /// Zeroes chunks that have left the origin.
        ZEROES_COW(" 1 discard_zeroes_cow"),
        /// The same, and goes to the origin as well, past all snapshots.
        PASSDOWN_ORIGIN(" 2 discard_zeroes_cow discard_passdown_origin");

        private final String printed;

        Discard(String printed) {
            this.printed = printed;
        }
    }

    static SnapshotArguments parse(List<String> arguments, DeviceLookup devices)
            throws TableRefusedException {
        if (arguments.size() < MIN_COUNT) {
            throw new TableRefusedException("requires 4 or more arguments");
        }
        var discard = parseFeatures(arguments.subList(MIN_COUNT, arguments.size()));
        var origin = devices.find(arguments.get(0));
        var cow = devices.find(arguments.get(1));
        if (origin.device().equals(cow.device())) {
            throw new TableRefusedException("COW device cannot be the same as origin device");
        }
        var store = parseStore(arguments.get(2));
        int chunkSectors = parseChunkSize(arguments.get(3), origin, cow);
        if (chunkSectors == 0 && store == Store.N) {
            throw new TableRefusedException("Chunk size not set");
        }
        return new SnapshotArguments(origin, cow, store, chunkSectors, discard);
    }

    private static Store parseStore(String text) throws TableRefusedException {
        String upper = text.toUpperCase(Locale.ROOT);
        if (upper.startsWith("N")) {
            return Store.N;
        }
        if (!upper.startsWith("P")) {
            throw new TableRefusedException("Exception store type is not P or N");
        }
        if (upper.length() > 1 && upper.charAt(1) != 'O') {
            throw new TableRefusedException(
                    "Unsupported persistent store option: " + text.substring(1));
        }
        return upper.length() > 1 ? Store.PO : Store.P;
    }

    private static int parseChunkSize(String text, DeviceRef origin, DeviceRef cow)
            throws TableRefusedException {
        long sectors;
        try {
            sectors = Integer.toUnsignedLong(Integer.parseUnsignedInt(text));
        } catch (NumberFormatException _) {
            throw new TableRefusedException("Invalid chunk size: " + text);
        }
        if (sectors == 0) {
            return 0;
        }
        String fault =
                ChunkSize.fault(
                        sectors,
                        origin.device().logicalBlockBytes(),
                        cow.device().logicalBlockBytes());
        if (fault != null) {
            throw new TableRefusedException(fault);
        }
        return (int) sectors;
    }

    private static Discard parseFeatures(List<String> words) throws TableRefusedException {
        if (words.isEmpty()) {
            return Discard.UNSUPPORTED;
        }
        int count;
        try {
            count = Integer.parseInt(words.getFirst());
        } catch (NumberFormatException _) {
            count = -1;
        }
        if (count < 0 || count > 2 || count > words.size() - 1) {
            throw new TableRefusedException("Invalid number of feature arguments");
        }
        boolean zeroesCow = false;
        boolean passdownOrigin = false;
        for (var word : words.subList(1, 1 + count)) {
            switch (word.toLowerCase(Locale.ROOT)) {
                case ZEROES_COW -> zeroesCow = true;
                case PASSDOWN_ORIGIN -> passdownOrigin = true;
                default -> throw new TableRefusedException("Unrecognised feature requested");
            }
        }
        if (passdownOrigin && !zeroesCow) {
            throw new TableRefusedException(
                    "discard_passdown_origin feature depends on discard_zeroes_cow");
        }
        return passdownOrigin
                ? Discard.PASSDOWN_ORIGIN
                : zeroesCow ? Discard.ZEROES_COW : Discard.UNSUPPORTED;
    }

    /// The line again, as `dmsetup table` prints it.
    ///
    /// @param inForce chunk size that is in force
    String print(int inForce) {
        return origin + " " + cow + " " + store + " " + inForce + discard.printed;
    }
}
