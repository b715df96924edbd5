package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.Catalog.Family;
import io.cowherd.mapping.volume.Catalog.Origin;
import io.cowherd.mapping.volume.Catalog.Snapshot;
import io.cowherd.mapping.volume.CatalogFields.Fault;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/// The catalog of one volume group on disk: UTF-8 text, one line per thing, each line ended by one line feed.
///
/// | line | word | fields, each `key=value`, in this order, separated by one blank |
/// |-----:|------|-----------------------------------------------------------------|
/// | 1 | `cowherd-catalog` | no keys: version (decimal), bytes after line 1 (decimal), CRC-32C of them (8 small hex digits) |
/// | 2 | `group` | `name` `uuid` |
/// | 3… | `origin` | `uuid` `name` `size` (bytes) `next-number`, `block` and `physical-block` (bytes) if they were asked for, then `file` or `device`, `created` (ISO 8601, UTC) |
/// | after its origin | `snapshot` | `uuid` `origin` (UUID) `name` `number` `size` `store` (`P`, `PO`, `N`) `chunk` (bytes) `cow-size` (bytes) then `file` or `device`, `access` (`rw`, `ro`) `created`, and `invalid` (why) if it is |
///
/// `file` names a file in the family's folder, which is called as the origin's UUID; `device` is an absolute path
/// of something adopted. Escapes in values: [CatalogFields].
///
/// The list ends with the file. Whoever reads a version accepts no unknown word or key, so anything new needs another. Version 2 has
/// the block sizes; a catalog without any is written as version 1, which older servers read, and both are read. A file is replaced whole ([CatalogFile]), therefore never torn: a wrong length or sum is damage, and the
/// whole catalog is refused ([CorruptCatalogException], [CatalogTooNewException], [CatalogTooOldException]).
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

    private CatalogFormat() {}

    static byte[] encode(Catalog catalog) {
        var body = new StringBuilder();
        body.append("group name=").append(CatalogFields.escape(catalog.group()));
        body.append(" uuid=").append(catalog.uuid()).append('\n');
        for (Family family : catalog.families()) {
            append(body, family);
        }
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        String head =
                "%s %d %d %s\n".formatted(MAGIC, versionOf(catalog), bytes.length, sum(bytes, 0));
        byte[] headBytes = head.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(headBytes.length + bytes.length)
                .put(headBytes)
                .put(bytes)
                .array();
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

    private static String sum(byte[] bytes, int from) {
        var crc = new CRC32C();
        crc.update(bytes, from, bytes.length - from);
        return "%08x".formatted(crc.getValue());
    }

    /// Reads what [#encode] wrote.
    ///
    /// @param file where the bytes come from, for the messages
    static Catalog decode(byte[] bytes, Path file)
            throws CorruptCatalogException, CatalogTooNewException, CatalogTooOldException {
        int bodyStart = checkHead(bytes, file);
        var lines = new ArrayList<>(List.of(text(bytes, bodyStart, file).split("\n", -1)));
        int lineNumber = 2;
        try {
            if (!lines.removeLast().isEmpty() || lines.isEmpty()) {
                throw new Fault("the end", "no line feed", "one after each line");
            }
            var reader = new CatalogReader();
            for (String line : lines) {
                reader.take(new CatalogFields(line));
                lineNumber++;
            }
            var catalog = reader.catalog();
            if (!Arrays.equals(encode(catalog), bytes)) {
                throw new Fault("the whole", "another spelling", "what Cowherd writes");
            }
            return catalog;
        } catch (Fault e) {
            throw new CorruptCatalogException(
                    file, "line " + lineNumber + ", " + e.where(), e.found(), e.expected());
        }
    }

    private static int checkHead(byte[] bytes, Path file)
            throws CorruptCatalogException, CatalogTooNewException, CatalogTooOldException {
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String head = new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
        String[] words = head.split(" ", -1);
        if (!words[0].equals(MAGIC) || words.length < 2 || !words[1].matches("[0-9]{1,9}")) {
            throw new CorruptCatalogException(
                    file, "line 1", "\"" + head + "\"", MAGIC + " and a version");
        }
        int version = Integer.parseInt(words[1]);
        if (version > VERSION) {
            throw new CatalogTooNewException(file, version, VERSION);
        }
        if (version < VERSION_WITHOUT_BLOCKS) {
            throw new CatalogTooOldException(file, version, VERSION_WITHOUT_BLOCKS);
        }
        int bodyStart = Math.min(end + 1, bytes.length);
        String expected =
                MAGIC
                        + " "
                        + version
                        + " "
                        + (bytes.length - bodyStart)
                        + " "
                        + sum(bytes, bodyStart);
        if (!head.equals(expected)) {
            throw new CorruptCatalogException(
                    file, "line 1", "\"" + head + "\"", "\"" + expected + "\"");
        }
        return bodyStart;
    }

    private static String text(byte[] bytes, int from, Path file) throws CorruptCatalogException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, bytes.length - from))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new CorruptCatalogException(file, "after line 1", "other bytes", "UTF-8");
        }
    }
}
