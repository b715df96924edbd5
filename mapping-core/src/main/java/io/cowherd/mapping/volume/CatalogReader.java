package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.Catalog.Family;
import io.cowherd.mapping.volume.Catalog.Origin;
import io.cowherd.mapping.volume.Catalog.Snapshot;
import io.cowherd.mapping.volume.CatalogFields.Fault;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Puts the lines of a catalog together, and refuses what contradicts itself.
///
/// **Threading.** *Confined* to the one decoder that made it.
final class CatalogReader implements SealedText.Reader<Catalog> {
    private final List<Family> families = new ArrayList<>();
    private final Set<UUID> uuids = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private String group = "";
    private UUID groupUuid = new UUID(0, 0);

    @Override
    public void take(CatalogFields line) throws Fault {
        String kind = line.kind();
        if (uuids.isEmpty() != kind.equals("group")) {
            throw new Fault(
                    "the word", quoted(kind), uuids.isEmpty() ? "group" : "origin or snapshot");
        }
        switch (kind) {
            case "group" -> takeGroup(line);
            case "origin" -> families.add(origin(line));
            case "snapshot" -> takeSnapshot(line);
            default -> throw new Fault("the word", quoted(kind), "origin or snapshot");
        }
        line.end();
        if (uuids.size() > 1 + CatalogFormat.MAX_VOLUMES) {
            throw new Fault("the line", "one more volume", "at most " + CatalogFormat.MAX_VOLUMES);
        }
    }

    @Override
    public Catalog whole() {
        return new Catalog(group, groupUuid, families);
    }

    private void takeGroup(CatalogFields line) throws Fault {
        group = line.text("name");
        groupUuid = uuid(line);
    }

    private Family origin(CatalogFields line) throws Fault {
        UUID uuid = uuid(line);
        String name = name(line);
        long size = size(line, "size");
        int next = (int) line.number("next-number", 1, CatalogFormat.MAX_NUMBER + 1);
        BlockSize blocks = blocks(line, size);
        Backing backing = backing(line);
        var created = line.instant("created");
        return new Family(new Origin(uuid, name, size, blocks, backing, created), next, List.of());
    }

    private void takeSnapshot(CatalogFields line) throws Fault {
        if (families.isEmpty()) {
            throw new Fault("the word", "snapshot", "the origin before its snapshots");
        }
        Family family = families.removeLast();
        var snapshots = new ArrayList<>(family.snapshots());
        snapshots.add(snapshot(line, family));
        families.add(new Family(family.origin(), family.nextNumber(), snapshots));
    }

    private Snapshot snapshot(CatalogFields line, Family family) throws Fault {
        UUID uuid = uuid(line);
        UUID origin = line.uuid("origin");
        if (!origin.equals(family.uuid())) {
            throw new Fault("origin", origin.toString(), family.uuid().toString());
        }
        String name = name(line);
        int least = family.snapshots().isEmpty() ? 1 : family.snapshots().getLast().number() + 1;
        int number = (int) line.number("number", least, family.nextNumber() - 1);
        long size = size(line, "size");
        StoreKind store = store(line);
        int chunk =
                (int) line.number("chunk", BlockDevice.SECTOR_BYTES, CatalogFormat.MAX_CHUNK_BYTES);
        long cowSize = size(line, "cow-size");
        Backing cow = backing(line);
        boolean readOnly = readOnly(line);
        var created = line.instant("created");
        String invalid = line.hasNext("invalid") ? line.text("invalid") : null;
        return new Snapshot(
                uuid, name, number, size, store, chunk, cow, cowSize, readOnly, created, invalid);
    }

    private UUID uuid(CatalogFields line) throws Fault {
        UUID uuid = line.uuid("uuid");
        if (!uuids.add(uuid)) {
            throw new Fault("uuid", uuid.toString(), "one that is not in use");
        }
        return uuid;
    }

    private String name(CatalogFields line) throws Fault {
        String name = line.text("name");
        try {
            NameRules.check(new VolumeName(group, name));
        } catch (VolumeRefusedException e) {
            throw new Fault("name", quoted(name), "a name that LVM2 allows");
        }
        if (!names.add(name)) {
            throw new Fault("name", quoted(name), "one that is not in use");
        }
        return name;
    }

    private static long size(CatalogFields line, String key) throws Fault {
        long size = line.number(key, BlockDevice.SECTOR_BYTES, Extents.MAX_BYTES);
        if (size % BlockDevice.SECTOR_BYTES != 0) {
            throw new Fault(key, Long.toString(size), "a multiple of 512");
        }
        return size;
    }

    private static BlockSize blocks(CatalogFields line, long size) throws Fault {
        int logical = line.hasNext("block") ? blockBytes(line, "block") : 0;
        if (size % Math.max(BlockDevice.SECTOR_BYTES, logical) != 0) {
            throw new Fault("size", Long.toString(size), "a multiple of " + logical);
        }
        int physical = line.hasNext("physical-block") ? blockBytes(line, "physical-block") : 0;
        return new BlockSize(logical, physical);
    }

    private static int blockBytes(CatalogFields line, String key) throws Fault {
        long bytes = line.number(key, BlockSize.SMALL, BlockSize.LARGE);
        if (!BlockSize.isSize(bytes)) {
            throw new Fault(key, Long.toString(bytes), "512 or 4096");
        }
        return (int) bytes;
    }

    private static StoreKind store(CatalogFields line) throws Fault {
        String text = line.text("store");
        for (StoreKind kind : StoreKind.values()) {
            if (kind.name().equals(text)) {
                return kind;
            }
        }
        throw new Fault("store", quoted(text), "P, PO or N");
    }

    private static boolean readOnly(CatalogFields line) throws Fault {
        String text = line.text("access");
        return switch (text) {
            case "ro" -> true;
            case "rw" -> false;
            default -> throw new Fault("access", quoted(text), "rw or ro");
        };
    }

    private static Backing backing(CatalogFields line) throws Fault {
        return line.hasNext("device")
                ? new Backing.Adopted(path(line.text("device")))
                : new Backing.Own(fileName(line.text("file")));
    }

    private static Path path(String text) throws Fault {
        try {
            var path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException _) {
            // falls through to the same complaint
        }
        throw new Fault("device", quoted(text), "an absolute path");
    }

    private static String fileName(String text) throws Fault {
        if (text.isEmpty() || text.startsWith(".") || text.contains("/")) {
            throw new Fault("file", quoted(text), "a file in the family's folder");
        }
        return text;
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }
}
