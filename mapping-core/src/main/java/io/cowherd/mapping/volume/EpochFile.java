package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.volume.CatalogFields.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How often a family has got an owner, and who was the last: UTF-8 text, spelled as the catalog is ([CatalogFormat]), in a
/// [ReplacedFile].
///
/// | line | word | fields, each `key=value`, in this order, separated by one blank |
/// |-----:|------|-----------------------------------------------------------------|
/// | 1 | `cowherd-epoch` | as [SealedText] has it |
/// | 2 | `family` | `origin` (UUID) |
/// | 3 | `epoch` | `number` (decimal, from 1), `node` |
///
/// No file means epoch 0. It is the only epoch there is: the numbers of cluster locks begin anew now and then, and are never
/// compared with it. The generation before is not kept: it must not come back. A full file system must not keep a family from
/// its next owner, so there is a [RoomReserve].
///
/// Pinned byte for byte by `EpochFileTest`.
///
/// **Threading.** *Confined to whoever holds the family's lock*, but for [#read].
final class EpochFile {
    static final String NAME = "epoch";
    static final String MAGIC = "cowherd-epoch";
    static final int VERSION = 1;

    /// Nothing larger is read: a node's name takes some bytes only.
    static final int MAX_BYTES = 64 << 10;

    private static final SealedText.Refusals REFUSALS = new Refusals();
    private static final SealedText TEXT = new SealedText(MAGIC, VERSION, VERSION, REFUSALS);

    private static final String RESERVE = NAME + ".reserve";

    private final UUID family;
    private final ReplacedFile file;
    private final RoomReserve reserve;

    /// @param directory the family's folder
    EpochFile(Path directory, UUID family, DurableFiles files) {
        this.family = family;
        this.file = new ReplacedFile(directory, NAME, files);
        this.reserve = new RoomReserve(directory, RESERVE, files);
    }

    /// Every name that it may have in a family's folder.
    static boolean isOurs(String name) {
        return ReplacedFile.names(NAME).contains(name) || name.equals(RESERVE);
    }

    /// The present epoch.
    ///
    /// @throws UnreadableEpochException if it cannot be believed
    FamilyEpoch read() throws IOException {
        if (!file.exists()) {
            return FamilyEpoch.NONE;
        }
        byte[] bytes = file.read(MAX_BYTES, REFUSALS);
        return TEXT.unseal(bytes, file.path(), new Reader(family), found -> encode(family, found));
    }

    /// Begins the next epoch. When it returns that is durable.
    ///
    /// @param node whose it is
    FamilyEpoch begin(String node) throws IOException {
        var next = new FamilyEpoch(Math.incrementExact(read().number()), node);
        byte[] bytes = encode(family, next);
        try {
            file.replace(bytes, null);
        } catch (IOException e) {
            if (!FileFault.isNoSpace(e) || !reserve.giveUp()) {
                throw e;
            }
            file.replace(bytes, null);
        }
        reserve.keep(bytes.length);
        return next;
    }

    static byte[] encode(UUID family, FamilyEpoch epoch) {
        return TEXT.seal(
                VERSION,
                "family origin=%s\nepoch number=%d node=%s\n"
                        .formatted(family, epoch.number(), CatalogFields.escape(epoch.node())));
    }

    /// Names the file for people.
    @Override
    public String toString() {
        return file.path().toString();
    }

    /// Puts the lines together.
    ///
    /// **Threading.** *Confined* to the one decoder that made it.
    private static final class Reader implements SealedText.Reader<FamilyEpoch> {
        private final UUID family;
        private boolean begun;
        private @Nullable FamilyEpoch epoch;

        Reader(UUID family) {
            this.family = family;
        }

        @Override
        public void take(CatalogFields line) throws Fault {
            String kind = line.kind();
            if (!begun && kind.equals("family")) {
                begun = true;
                UUID found = line.uuid("origin");
                if (!found.equals(family)) {
                    throw new Fault(
                            "origin", found.toString(), family + ", as its folder is called");
                }
            } else if (begun && epoch == null && kind.equals("epoch")) {
                epoch =
                        new FamilyEpoch(
                                line.number("number", 1, Long.MAX_VALUE), line.text("node"));
            } else {
                throw new Fault("the word", "\"" + kind + "\"", "family, then epoch");
            }
            line.end();
        }

        @Override
        public FamilyEpoch whole() throws Fault {
            if (epoch == null) {
                throw new Fault("the end", "no epoch", "one");
            }
            return epoch;
        }
    }

    /// Names what is wrong with the file.
    ///
    /// **Threading.** *Immutable.*
    private static final class Refusals implements SealedText.Refusals {
        @Override
        public IOException corrupt(Path file, String where, String found, String expected) {
            return UnreadableEpochException.corrupt(file, where, found, expected);
        }

        @Override
        public IOException tooNew(Path file, int found, int expected) {
            return UnreadableEpochException.tooNew(file, found, expected);
        }

        /// There has never been an older one.
        @Override
        public IOException tooOld(Path file, int found, int expected) {
            return corrupt(file, "line 1", "version " + found, "version " + expected);
        }
    }
}
