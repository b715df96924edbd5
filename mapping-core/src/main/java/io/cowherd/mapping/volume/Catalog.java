package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What is known of one volume group: the content of its catalog, as a value. A change makes another value.
///
/// Its bytes are [CatalogFormat]'s, its file [CatalogFile]'s.
///
/// **Threading.** *Immutable.*
///
/// @param group the volume group's name
/// @param uuid its identity
/// @param families in order of creation
record Catalog(String group, UUID uuid, List<Family> families) {
    Catalog {
        families = List.copyOf(families);
    }

    /// An origin and its snapshots.
    ///
    /// @param origin what the family is of; its identity is the family's and names the family's folder
    /// @param nextNumber number of the next snapshot; more than all that have ever been given
    /// @param snapshots in order of creation, that is, of their numbers
    record Family(Origin origin, int nextNumber, List<Snapshot> snapshots) {
        Family {
            snapshots = List.copyOf(snapshots);
        }

        UUID uuid() {
            return origin.uuid();
        }

        Family withOrigin(Origin changed) {
            return new Family(changed, nextNumber, snapshots);
        }

        /// Adds a snapshot that has [#nextNumber()].
        Family plus(Snapshot snapshot) {
            var more = new ArrayList<>(snapshots);
            more.add(snapshot);
            return new Family(origin, snapshot.number() + 1, more);
        }

        Family minus(UUID snapshot) {
            return new Family(
                    origin,
                    nextNumber,
                    snapshots.stream().filter(s -> !s.uuid().equals(snapshot)).toList());
        }

        /// Changes one snapshot; nothing happens if it is not there.
        Family with(UUID snapshot, UnaryOperator<Snapshot> change) {
            return new Family(
                    origin,
                    nextNumber,
                    snapshots.stream()
                            .map(s -> s.uuid().equals(snapshot) ? change.apply(s) : s)
                            .toList());
        }
    }

    /// An origin.
    ///
    /// @param uuid identity, never reused
    /// @param name its name in the group
    /// @param sizeBytes size in bytes
    /// @param blocks what was asked for as block sizes
    /// @param backing where its data is
    /// @param created when it came to be
    record Origin(
            UUID uuid,
            String name,
            long sizeBytes,
            BlockSize blocks,
            Backing backing,
            Instant created) {
        Origin renamed(String to) {
            return new Origin(uuid, to, sizeBytes, blocks, backing, created);
        }
    }

    /// A snapshot.
    ///
    /// @param uuid identity, never reused
    /// @param name its name in the group
    /// @param number 1, 2, … in its family, never reused
    /// @param sizeBytes the origin's size in bytes at the snapshot's creation
    /// @param store kind of the COW store
    /// @param chunkSizeBytes chunk size in force
    /// @param cow where the COW store is
    /// @param cowSizeBytes size of the COW store in bytes
    /// @param readOnly true if hosts may not write
    /// @param created when it came to be
    /// @param invalid why the snapshot has been invalidated; null as long as it has not
    record Snapshot(
            UUID uuid,
            String name,
            int number,
            long sizeBytes,
            StoreKind store,
            int chunkSizeBytes,
            Backing cow,
            long cowSizeBytes,
            boolean readOnly,
            Instant created,
            @Nullable String invalid) {
        Snapshot renamed(String to) {
            return new Snapshot(
                    uuid,
                    to,
                    number,
                    sizeBytes,
                    store,
                    chunkSizeBytes,
                    cow,
                    cowSizeBytes,
                    readOnly,
                    created,
                    invalid);
        }

        Snapshot extended(long toCowSizeBytes) {
            return new Snapshot(
                    uuid,
                    name,
                    number,
                    sizeBytes,
                    store,
                    chunkSizeBytes,
                    cow,
                    toCowSizeBytes,
                    readOnly,
                    created,
                    invalid);
        }

        /// Keeps the first reason: an invalid snapshot stays what it is.
        Snapshot invalidated(String why) {
            return invalid != null
                    ? this
                    : new Snapshot(
                            uuid,
                            name,
                            number,
                            sizeBytes,
                            store,
                            chunkSizeBytes,
                            cow,
                            cowSizeBytes,
                            readOnly,
                            created,
                            why);
        }
    }

    /// Where data is.
    sealed interface Backing {
        /// A file that Cowherd made in the family's folder.
        ///
        /// @param fileName its name there
        record Own(String fileName) implements Backing {}

        /// A file or block device that was there before and stays when the volume goes.
        ///
        /// @param path absolute
        record Adopted(Path path) implements Backing {}
    }

    /// Adds a family.
    Catalog plus(Family family) {
        var more = new ArrayList<>(families);
        more.add(family);
        return new Catalog(group, uuid, more);
    }

    /// Takes a family away, snapshots and all.
    Catalog minus(UUID family) {
        return new Catalog(
                group, uuid, families.stream().filter(f -> !f.uuid().equals(family)).toList());
    }

    /// Changes one family; nothing happens if it is not there.
    Catalog with(UUID family, UnaryOperator<Family> change) {
        return new Catalog(
                group,
                uuid,
                families.stream().map(f -> f.uuid().equals(family) ? change.apply(f) : f).toList());
    }

    /// This catalog as others have changed it, with the families of `held` as `mine` has them, or without them if it has not: who
    /// holds a family is the only one who changes it.
    Catalog withHeld(Set<UUID> held, Catalog mine) {
        var merged = new ArrayList<Family>();
        for (Family family : families) {
            if (held.contains(family.uuid())) {
                mine.family(family.uuid()).ifPresent(merged::add);
            } else {
                merged.add(family);
            }
        }
        for (Family family : mine.families()) {
            if (held.contains(family.uuid()) && family(family.uuid()).isEmpty()) {
                merged.add(family);
            }
        }
        return new Catalog(group, uuid, merged);
    }

    /// The family of that origin.
    Optional<Family> family(UUID family) {
        return families.stream().filter(f -> f.uuid().equals(family)).findFirst();
    }

    /// Name of the volume that has adopted that file or device, or null.
    @Nullable String userOf(Path adopted) {
        var backing = new Backing.Adopted(adopted);
        for (Family family : families) {
            if (family.origin().backing().equals(backing)) {
                return family.origin().name();
            }
            for (Snapshot snapshot : family.snapshots()) {
                if (snapshot.cow().equals(backing)) {
                    return snapshot.name();
                }
            }
        }
        return null;
    }

    /// All names in use.
    Stream<String> names() {
        return families.stream()
                .flatMap(
                        f ->
                                Stream.concat(
                                        Stream.of(f.origin().name()),
                                        f.snapshots().stream().map(Snapshot::name)));
    }

    /// Origins and snapshots.
    int volumeCount() {
        return families.stream().mapToInt(f -> 1 + f.snapshots().size()).sum();
    }
}
