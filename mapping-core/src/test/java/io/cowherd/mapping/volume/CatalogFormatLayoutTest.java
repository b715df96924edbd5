package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.Catalog.Family;
import io.cowherd.mapping.volume.Catalog.Origin;
import io.cowherd.mapping.volume.Catalog.Snapshot;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// The second reader of the catalog's format. If this has to change, the format has changed, and the version with it.
class CatalogFormatLayoutTest {
    private static final Path FILE = Path.of("/data/volumeGroup/catalog");

    static final Catalog SAMPLE = sample();

    private static final String BODY =
            """
            group name=volumeGroup uuid=00000000-0000-0001-0000-000000000001
            origin uuid=00000000-0000-0002-0000-000000000002 name=base size=1073741824 next-number=4 file=origin.img created=2026-11-01T00:00:00Z
            snapshot uuid=00000000-0000-0003-0000-000000000003 origin=00000000-0000-0002-0000-000000000002 name=snap number=1 size=1073741824 store=P chunk=8192 cow-size=104857600 file=00000000-0000-0003-0000-000000000003.cow access=rw created=2026-11-01T00:00:00.000000001Z
            snapshot uuid=00000000-0000-0004-0000-000000000004 origin=00000000-0000-0002-0000-000000000002 name=old number=3 size=1073741824 store=PO chunk=4096 cow-size=4194304 device=/dev/disk/by-id/%20a%25b+c access=ro created=2026-11-01T00:00:00Z invalid=Unable%20to%20allocate%0Aexception.%C3%A4
            origin uuid=00000000-0000-0005-0000-000000000005 name=adopted size=512 next-number=1 device=/dev/sdb created=1969-12-31T23:59:59Z
            """
                    .replace("%C3%A4", "ä");

    private static Catalog sample() {
        var start = Instant.parse("2026-11-01T00:00:00Z");
        var origin =
                new Origin(
                        new UUID(2, 2),
                        "base",
                        1L << 30,
                        BlockSize.OF_DEVICE,
                        new Backing.Own(FamilyFolder.ORIGIN_FILE),
                        start);
        var snap =
                new Snapshot(
                        new UUID(3, 3),
                        "snap",
                        1,
                        1L << 30,
                        StoreKind.P,
                        8192,
                        new Backing.Own(FamilyFolder.cowFile(new UUID(3, 3))),
                        100L << 20,
                        false,
                        start.plusNanos(1),
                        null);
        var old =
                new Snapshot(
                        new UUID(4, 4),
                        "old",
                        3,
                        1L << 30,
                        StoreKind.PO,
                        4096,
                        new Backing.Adopted(Path.of("/dev/disk/by-id/ a%b+c")),
                        4L << 20,
                        true,
                        start,
                        "Unable to allocate\nexception.ä");
        var adopted =
                new Origin(
                        new UUID(5, 5),
                        "adopted",
                        512,
                        BlockSize.OF_DEVICE,
                        new Backing.Adopted(Path.of("/dev/sdb")),
                        Instant.ofEpochSecond(-1));
        return new Catalog(
                "volumeGroup",
                new UUID(1, 1),
                List.of(
                        new Family(origin, 4, List.of(snap, old)),
                        new Family(adopted, 1, List.of())));
    }

    @Test
    void theBytesAreAsTheTableSays() {
        byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
        var crc = new CRC32C();
        crc.update(body);
        String head = "cowherd-catalog 1 877 " + "%08x".formatted(crc.getValue()) + "\n";
        assertEquals(877, body.length);
        assertEquals(head + BODY, new String(CatalogFormat.encode(SAMPLE), StandardCharsets.UTF_8));
    }

    /// Block sizes make it version 2; without them it stays version 1, so that an older server still reads it.
    @Test
    void blockSizesAreWrittenWhereTheyWereAskedFor() throws IOException {
        Origin base = SAMPLE.families().getFirst().origin();
        var large =
                new Origin(
                        base.uuid(),
                        base.name(),
                        base.sizeBytes(),
                        new BlockSize(512, 4096),
                        base.backing(),
                        base.created());
        Catalog changed = SAMPLE.with(base.uuid(), family -> family.withOrigin(large));
        String text = new String(CatalogFormat.encode(changed), StandardCharsets.UTF_8);
        assertTrue(text.startsWith("cowherd-catalog 2 "), text);
        assertTrue(text.contains(" next-number=4 block=512 physical-block=4096 file="), text);
        assertEquals(changed, CatalogFormat.decode(CatalogFormat.encode(changed), FILE));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertEquals(SAMPLE, CatalogFormat.decode(CatalogFormat.encode(SAMPLE), FILE));
        var empty = new Catalog("vg", new UUID(1, 2), List.of());
        assertEquals(empty, CatalogFormat.decode(CatalogFormat.encode(empty), FILE));
    }

    @Test
    void everyTruncationIsRefusedByName() {
        byte[] bytes = CatalogFormat.encode(SAMPLE);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(CorruptCatalogException.class, () -> CatalogFormat.decode(cut, FILE));
        }
    }

    @Test
    void everyFlippedBitIsRefusedByName() {
        byte[] bytes = CatalogFormat.encode(SAMPLE);
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            var refusal =
                    assertThrows(IOException.class, () -> CatalogFormat.decode(flipped, FILE));
            assertTrue(
                    refusal instanceof CorruptCatalogException
                            || refusal instanceof CatalogTooNewException
                            || refusal instanceof CatalogTooOldException,
                    () -> "bit: " + refusal);
        }
    }

    @Test
    void otherVersionsAreRefusedWithTheCure() {
        assertEquals(
                "The catalog /data/volumeGroup/catalog is too new: line 1: found version 3, expected 2 at most."
                        + " Use the Cowherd that wrote it, or a newer one.",
                refusal("cowherd-catalog 3 whatever follows", CatalogTooNewException.class));
        assertEquals(
                "The catalog /data/volumeGroup/catalog is too old: line 1: found version 0, expected 1 at least."
                        + " Open it once with an older Cowherd that reads both.",
                refusal("cowherd-catalog 0 0 00000000\n", CatalogTooOldException.class));
        String other = refusal("# LVM2 text metadata\n", CorruptCatalogException.class);
        assertTrue(other.contains("found \"# LVM2 text metadata\", expected cowherd-catalog"));
        assertTrue(other.contains("catalog.old"), other);
    }

    /// A right checksum over wrong lines: the mistake is then ours, and still refused by line and field.
    /// A message about damage is one line for a terminal, whatever the damage.
    @Test
    void damageIsShownShortAndPrintable() {
        String message =
                refusal(
                        "\u001b[2J\r\u0085\u00ff" + "x".repeat(100_000) + "\n",
                        CorruptCatalogException.class);
        assertTrue(message.contains("found \"\\u001b[2J\\u000d"), message);
        assertTrue(message.chars().allMatch(c -> c >= ' ' && (c <= '~' || c == '…')), message);
        assertTrue(message.length() < 500, message);
    }

    @Test
    void contradictionsAreRefusedByLineAndField() {
        assertContradiction("next-number=4", "next-number=4 block=520", "line 3, block: found 520");
        assertContradiction("next-number=1", "next-number=1 block=4096", "line 6, size: found 512");
        assertContradiction("next-number=1", "next-number=1 block=512", "another spelling");
        assertContradiction("size=512", "size=513", "line 6, size: found 513, expected a multiple");
        assertContradiction("number=3 ", "number=1 ", "line 5, number: found \"1\"");
        assertContradiction("number=3 ", "number=4 ", "line 5, number: found \"4\"");
        assertContradiction("name=old", "name=snap", "line 5, name: found \"snap\"");
        assertContradiction("name=old", "name=snapshot1", "line 5, name: found \"snapshot1\"");
        assertContradiction("store=PO", "store=S", "line 5, store: found \"S\"");
        assertContradiction("access=ro", "access=no", "line 5, access: found \"no\"");
        assertContradiction("file=origin.img", "file=../../etc/passwd", "line 3, file: found");
        assertContradiction("device=/dev/sdb", "device=sdb", "line 6, device: found");
        assertContradiction("%25", "%z", "line 5, device: found");
        assertContradiction("created=1969", "made=1969", "line 6, field 7: found \"made=1969");
        assertContradiction("59Z", "59Z more=1", "line 6, field 8: found \"more=1\"");
        assertContradiction("group name", "grope name", "line 2, the word: found \"grope\"");
        assertContradiction("origin uuid", "thing uuid", "line 3, the word: found \"thing\"");
        assertContradiction("0Z\n", "0.000Z\n", "another spelling");
        assertContradiction(
                "origin=00000000-0000-0002", "origin=00000000-0000-0009", "line 4, origin:");
    }

    private static void assertContradiction(String right, String wrong, String complaint) {
        byte[] body = BODY.replaceFirst(right, wrong).getBytes(StandardCharsets.UTF_8);
        var crc = new CRC32C();
        crc.update(body);
        String head = "cowherd-catalog 1 %d %08x\n".formatted(body.length, crc.getValue());
        String message =
                refusal(
                        head + new String(body, StandardCharsets.UTF_8),
                        CorruptCatalogException.class);
        assertTrue(message.contains(complaint), message);
    }

    private static String refusal(String text, Class<? extends IOException> kind) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        var refusal = assertThrows(IOException.class, () -> CatalogFormat.decode(bytes, FILE));
        assertInstanceOf(kind, refusal);
        return String.valueOf(refusal.getMessage());
    }
}
