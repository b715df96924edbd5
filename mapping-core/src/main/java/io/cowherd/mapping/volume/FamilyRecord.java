package io.cowherd.mapping.volume;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// What a catalog says of a family, wherever that is served: enough to tell hosts of its targets, and operators of its volumes.
///
/// **Threading.** *Immutable.*
///
/// @param uuid the family's identity: its origin's
/// @param origin its origin
/// @param snapshots in order of their numbers
public record FamilyRecord(UUID uuid, Member origin, List<Member> snapshots) {
    /// Copies the list.
    public FamilyRecord {
        snapshots = List.copyOf(snapshots);
    }

    /// One volume of the family.
    ///
    /// @param uuid its identity
    /// @param name its name
    /// @param number 0 for the origin, else the snapshot's; the LUN
    /// @param sizeBytes size that hosts see
    /// @param cowSizeBytes size of a snapshot's COW store; 0 for an origin
    /// @param chunkSizeBytes a snapshot's; 0 for an origin
    /// @param readOnly true if it was made read-only
    /// @param invalid true if it is known to be lost
    public record Member(
            UUID uuid,
            VolumeName name,
            int number,
            long sizeBytes,
            long cowSizeBytes,
            int chunkSizeBytes,
            boolean readOnly,
            boolean invalid) {}

    /// Origin and snapshots, by number.
    public Stream<Member> volumes() {
        return Stream.concat(Stream.of(origin), snapshots.stream());
    }

    static FamilyRecord of(String group, Catalog.Family family) {
        Catalog.Origin origin = family.origin();
        var name = new VolumeName(group, origin.name());
        return new FamilyRecord(
                family.uuid(),
                new Member(origin.uuid(), name, 0, origin.sizeBytes(), 0, 0, false, false),
                family.snapshots().stream().map(snapshot -> of(group, snapshot)).toList());
    }

    private static Member of(String group, Catalog.Snapshot snapshot) {
        return new Member(
                snapshot.uuid(),
                new VolumeName(group, snapshot.name()),
                snapshot.number(),
                snapshot.sizeBytes(),
                snapshot.cowSizeBytes(),
                snapshot.chunkSizeBytes(),
                snapshot.readOnly(),
                snapshot.invalid() != null);
    }
}
