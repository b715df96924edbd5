package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.Catalog.Family;
import io.cowherd.mapping.volume.Catalog.Origin;
import io.cowherd.mapping.volume.Catalog.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/// The catalog of one volume group on disk: UTF-8 text, one line per thing, each line ended by one line feed.
///
/// | line | word | fields, each `key=value`, in this order, separated by one blank |
/// |-----:|------|-----------------------------------------------------------------|
/// | 1 | `cowherd-catalog` | as [SealedText] has it |
/// | 2 | `group` | `name` `uuid` |
/// | 3… | `origin` | `uuid` `name` `size` (bytes) `next-number`, `block` and `physical-block` (bytes) if they were asked for, then `file` or `device`, `created` (ISO 8601, UTC) |
/// | after its origin | `snapshot` | `uuid` `origin` (UUID) `name` `number` `size` `store` (`P`, `PO`, `N`) `chunk` (bytes) `cow-size` (bytes) then `file` or `device`, `access` (`rw`, `ro`) `created`, and `invalid` (why) if it is |
///
/// `file` names a file in the family's folder, which is called as the origin's UUID; `device` is an absolute path
/// of something adopted. Escapes in values: [CatalogFields].
///
/// The list ends with the file. Whoever reads a version accepts no unknown word or key, so anything new needs another. Version 2 has
/// the block sizes; a catalog without any is written as version 1, which older servers read, and both are read. One that is damaged is
/// refused as a whole ([CorruptCatalogException], [CatalogTooNewException], [CatalogTooOldException]).
///
/// Pinned byte for byte by `CatalogFormatLayoutTest`.
///
/// **Threading.** *Immutable.*
final class CatalogFormat {
    static final String MAGIC = "cowherd-catalog";
    static final int VERSION = 2;
    private static final int VERSION_WITHOUT_BLOCKS = 1;

    /// Bytes of one catalog, at most. Nothing larger is read.
    static final int MAX_BYTES = 16 << 20;

    /// Volumes in one group, snapshots included, at most.
    static final int MAX_VOLUMES = 4096;

    /// Largest number in a family: the largest LUN that can be addressed. A pool may allow less.
    static final int MAX_NUMBER = 16_383;

    /// Largest chunk size in bytes that a store can have (spec 1.7).
    static final int MAX_CHUNK_BYTES = 1 << 30;

    /// Names what is wrong with a catalog.
    static final SealedText.Refusals REFUSALS = new Refusals();

    private static final SealedText TEXT =
            new SealedText(MAGIC, VERSION_WITHOUT_BLOCKS, VERSION, REFUSALS);

    private CatalogFormat() {}

    static byte[] encode(Catalog catalog) {
        var body = new StringBuilder();
        body.append("group name=").append(CatalogFields.escape(catalog.group()));
        body.append(" uuid=").append(catalog.uuid()).append('\n');
        for (Family family : catalog.families()) {
            append(body, family);
        }
        return TEXT.seal(versionOf(catalog), body.toString());
    }

    /// The oldest version that can say it.
    private static int versionOf(Catalog catalog) {
        boolean hasBlocks =
                catalog.families().stream().anyMatch(f -> f.origin().blocks().isGiven());
        return hasBlocks ? VERSION : VERSION_WITHOUT_BLOCKS;
    }

    private static void append(StringBuilder out, Family family) {
        Origin origin = family.origin();
        out.append("origin uuid=").append(origin.uuid());
        out.append(" name=").append(CatalogFields.escape(origin.name()));
        out.append(" size=").append(origin.sizeBytes());
        out.append(" next-number=").append(family.nextNumber());
        append(out, " block=", origin.blocks().logicalBytes());
        append(out, " physical-block=", origin.blocks().physicalBytes());
        append(out, origin.backing());
        out.append(" created=").append(origin.created()).append('\n');
        for (Snapshot snapshot : family.snapshots()) {
            append(out, origin.uuid(), snapshot);
        }
    }

    private static void append(StringBuilder out, String key, int bytes) {
        if (bytes != 0) {
            out.append(key).append(bytes);
        }
    }

    private static void append(StringBuilder out, UUID origin, Snapshot snapshot) {
        out.append("snapshot uuid=").append(snapshot.uuid());
        out.append(" origin=").append(origin);
        out.append(" name=").append(CatalogFields.escape(snapshot.name()));
        out.append(" number=").append(snapshot.number());
        out.append(" size=").append(snapshot.sizeBytes());
        out.append(" store=").append(snapshot.store());
        out.append(" chunk=").append(snapshot.chunkSizeBytes());
        out.append(" cow-size=").append(snapshot.cowSizeBytes());
        append(out, snapshot.cow());
        out.append(" access=").append(snapshot.readOnly() ? "ro" : "rw");
        out.append(" created=").append(snapshot.created());
        if (snapshot.invalid() != null) {
            out.append(" invalid=").append(CatalogFields.escape(snapshot.invalid()));
        }
        out.append('\n');
    }

    private static void append(StringBuilder out, Backing backing) {
        switch (backing) {
            case Backing.Own(String file) ->
                    out.append(" file=").append(CatalogFields.escape(file));
            case Backing.Adopted(Path path) ->
                    out.append(" device=").append(CatalogFields.escape(path.toString()));
        }
    }

    /// Reads what [#encode] wrote.
    ///
    /// @param file where the bytes come from, for the messages
    static Catalog decode(byte[] bytes, Path file) throws IOException {
        return TEXT.unseal(bytes, file, new CatalogReader(), CatalogFormat::encode);
    }

    /// Names damage.
    static final class Refusals implements SealedText.Refusals {
        @Override
        public IOException corrupt(Path file, String where, String found, String expected) {
            return new CorruptCatalogException(file, where, found, expected);
        }

        @Override
        public IOException tooNew(Path file, int found, int expected) {
            return new CatalogTooNewException(file, found, expected);
        }

        @Override
        public IOException tooOld(Path file, int found, int expected) {
            return new CatalogTooOldException(file, found, expected);
        }
    }
}
