package io.cowherd.management;

import static io.cowherd.management.VolumeRequests.refused;
import static io.cowherd.management.VolumeRequests.required;

import io.cowherd.access.AccessControl;
import io.cowherd.config.LvmSize;
import io.cowherd.mapping.volume.BlockSize;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeState;
import io.cowherd.mapping.volume.Volumes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Endpoints on volumes: list, create, snapshot, fork, extend, rename, remove.
///
/// **Threading.** *Thread-safe*: what reads the state before it changes it holds the lock `changes`.
final class VolumesApi {
    private static final Logger LOG = LoggerFactory.getLogger(VolumesApi.class);
    private static final String CHUNK_FIELD = "chunk_size";
    private static final String SIZE_FIELD = "lv_size";
    private static final String NAME_FIELD = "lv_name";

    // Immutable
    private final Volumes volumes;
    private final HostAccess hosts;
    private final AccessControl access;
    private final Nodes nodes;
    private final String owner;
    private final Object changes = new Object();

    VolumesApi(Volumes volumes, HostAccess hosts, AccessControl access, Nodes nodes, String owner) {
        this.nodes = nodes;
        this.volumes = volumes;
        this.hosts = hosts;
        this.access = access;
        this.owner = owner;
    }

    Reply list(Call call) {
        return Reply.ok(
                Map.of(
                        "volumes",
                        volumes.list().stream().map(this::view).toList(),
                        "broken_groups",
                        volumes.brokenGroups()));
    }

    Reply show(Call call) throws VolumeRefusedException {
        return Reply.ok(view(volumes.get(call.volumeName())));
    }

    Reply create(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(VolumeRequests.Create.class);
        VolumeName name =
                VolumeName.parse(
                        required(body.vgName(), "vg_name", "\"volumeGroup\"")
                                + "/"
                                + required(body.lvName(), NAME_FIELD, "\"base\""));
        VolumeRequests.Size size = body.lvSize();
        VolumeRequests.ServerPath device = body.device();
        var blocks =
                new BlockSize(
                        blockBytes(body.blockSize(), "block_size"),
                        blockBytes(body.physicalBlockSize(), "physical_block_size"));
        synchronized (changes) {
            refuseSecondTarget(name);
            if (size != null && device == null) {
                return placed(volumes.create(name, size.absoluteBytes(SIZE_FIELD), blocks));
            }
            if (device != null && size == null) {
                return placed(volumes.adopt(name, device.path(), blocks));
            }
        }
        throw refused(
                "A new volume has either a size or an existing device.",
                "Give exactly one of lv_size and device.");
    }

    /// Hosts compare target names without case and know no groups: `a/b.c` and `A.b/c` would be one target to them.
    private void refuseSecondTarget(VolumeName name) throws RequestRefusedException {
        String target = hosts.targetName(name);
        for (Volume other : volumes.list()) {
            if (other.origin() == null
                    && !other.name().equals(name)
                    && hosts.targetName(other).equalsIgnoreCase(target)) {
                throw new RequestRefusedException(
                        new Problem(
                                Problem.CONFLICT,
                                "EXISTS",
                                "The name is taken",
                                "To hosts, the target "
                                        + target
                                        + " of "
                                        + name
                                        + " would be that of "
                                        + other.name()
                                        + ".",
                                "Choose a name that differs in more than case and dots."));
            }
        }
    }

    Reply snapshot(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(VolumeRequests.Snapshot.class);
        String name = required(body.lvName(), NAME_FIELD, "\"snap\"");
        VolumeRequests.Size size = body.lvSize();
        VolumeRequests.ServerPath cowDevice = body.cowDevice();
        if ((size == null) == (cowDevice == null)) {
            throw refused(
                    "A snapshot's COW store has either a size or an existing device.",
                    "Give exactly one of lv_size and cow_device; a fork needs neither.");
        }
        var request =
                new SnapshotRequest(
                        size == null ? 0 : cowSize(size),
                        chunkSize(body.chunkSize()),
                        Objects.requireNonNullElse(body.store(), StoreKind.P),
                        Boolean.TRUE.equals(body.readOnly()),
                        cowDevice == null ? null : cowDevice.path());
        Volume made = volumes.snapshot(call.volumeName(), name, request);
        var notes = new ArrayList<String>();
        noteReduced(made, request.cowSizeBytes(), notes);
        if (body.chunkSize() != null && made.chunkSizeBytes() != request.chunkSizeBytes()) {
            notes.add(
                    "The COW store has chunks of %s already; %s does not apply."
                            .formatted(
                                    LvmSize.format(made.chunkSizeBytes()),
                                    LvmSize.format(request.chunkSizeBytes())));
        }
        return made(made, notes);
    }

    /// LVM2's words for a COW store that became smaller than asked, because more could never be used.
    private static void noteReduced(Volume snapshot, long askedBytes, List<String> notes) {
        if (snapshot.cowSizeBytes() < askedBytes) {
            notes.add(
                    "Reducing COW size %s down to maximum usable size %s."
                            .formatted(
                                    LvmSize.format(askedBytes),
                                    LvmSize.format(snapshot.cowSizeBytes())));
        }
    }

    Reply fork(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(VolumeRequests.Fork.class);
        var request =
                new SnapshotRequest(
                        0,
                        chunkSize(body.chunkSize()),
                        StoreKind.P,
                        Boolean.TRUE.equals(body.readOnly()),
                        null);
        String name = required(body.lvName(), NAME_FIELD, "\"trial\"");
        return made(volumes.snapshot(call.volumeName(), name, request));
    }

    Reply extend(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(VolumeRequests.Extend.class);
        LvmSize size = required(body.lvSize(), SIZE_FIELD, "\"+100M\"").size();
        VolumeName name = call.volumeName();
        synchronized (changes) {
            long present = size.relative() ? volumes.get(name).cowSizeBytes() : 0;
            if (size.bytes() > Long.MAX_VALUE - present) {
                throw refused("The size is larger than any device can be (8 EiB).", "");
            }
            long asked = present + size.bytes();
            Volume extended = volumes.extend(name, asked);
            var notes = new ArrayList<String>();
            noteReduced(extended, asked, notes);
            if (extended.state() == VolumeState.OVERFLOW) {
                notes.add(extended.stateReason());
            }
            return Reply.ok(VolumeView.of(extended, hosts, owner, notes));
        }
    }

    /// Renames. The origin's name is part of its target's, by which hosts log in again after an interruption: it
    /// is not taken from under them.
    Reply rename(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        var body = call.body(VolumeRequests.Rename.class);
        VolumeName from = call.volumeName();
        VolumeName to =
                VolumeName.parse(
                        from.group() + "/" + required(body.lvName(), NAME_FIELD, "\"tried\""));
        synchronized (changes) {
            Volume volume = volumes.get(from);
            if (volume.origin() == null) {
                refuseIfUsed(
                        from + " cannot be renamed: its target " + hosts.targetName(volume),
                        "",
                        "Log the hosts out first; its target has another name afterwards.",
                        hosts.usersOf(volume));
                refuseSecondTarget(to);
                return Reply.ok(view(renameWithRules(volume, to)));
            }
            return Reply.ok(view(volumes.rename(from, to)));
        }
    }

    /// The rules about hosts go with the target: at no moment, and after no crash, is the target there without them.
    private Volume renameWithRules(Volume volume, VolumeName to)
            throws RequestRefusedException, VolumeRefusedException, IOException {
        VolumeName from = volume.name();
        String before = hosts.targetName(from).toLowerCase(Locale.ROOT);
        String after = hosts.targetName(to).toLowerCase(Locale.ROOT);
        if (before.equals(after) || !access.rules().mentions(before)) {
            return volumes.rename(from, to);
        }
        if (access.rules().mentions(after)) {
            throw new RequestRefusedException(
                    new Problem(
                            Problem.CONFLICT,
                            "CONFLICT",
                            "Not in this state",
                            "There are rules about hosts for "
                                    + after
                                    + " already, left by a volume that is gone.",
                            "Remove them first: cowherd acl rm, cowherd chap rm, cowherd redirect rm."));
        }
        try {
            access.change(rules -> rules.copied(before, after));
        } catch (IllegalArgumentException e) {
            throw refused(from + " cannot be renamed: " + e.getMessage(), "");
        }
        try {
            return volumes.rename(from, to);
        } finally {
            forget(volume.name().equals(to) ? before : after);
        }
    }

    /// Drops the rules for a name that no target has. They harm nobody, so the answer does not depend on it.
    private void forget(String target) {
        try {
            access.change(rules -> rules.forgetting(target));
        } catch (IOException | RuntimeException e) {
            LOG.warn("Rules about hosts for {}, which is no target, are still there.", target, e);
        }
    }

    Reply remove(Call call) throws RequestRefusedException, VolumeRefusedException, IOException {
        VolumeName name = call.volumeName();
        boolean withSnapshots = call.flag("withSnapshots");
        boolean force = call.flag("force");
        synchronized (changes) {
            Volume volume = volumes.get(name);
            if (!force) {
                refuseIfUsed(
                        name.toString(),
                        ": whoever is logged in to its target "
                                + hosts.targetName(volume)
                                + " may have any LUN of it open",
                        volume.origin() == null
                                ? "Log the hosts out, or force it (--force), which disconnects them."
                                : "Log the hosts out, or force it (--force) if none of them has it open: LUN "
                                        + volume.number()
                                        + " is taken away, and their sessions go on.",
                        hosts.usersOf(volume));
            }
            boolean staysForItsSnapshots =
                    !withSnapshots
                            && volumes.list().stream().anyMatch(v -> isSnapshotOf(v, volume));
            if (!staysForItsSnapshots) {
                hosts.detach(volume);
            }
            try {
                volumes.remove(name, withSnapshots);
            } catch (VolumeRefusedException | IOException e) {
                hosts.attach(volume);
                throw e;
            }
            return Reply.done();
        }
    }

    private static boolean isSnapshotOf(Volume snapshot, Volume volume) {
        Volume origin = snapshot.origin();
        return origin != null && origin.uuid().equals(volume.uuid());
    }

    private static void refuseIfUsed(
            String what, String why, String correction, List<HostSession> users)
            throws RequestRefusedException {
        if (users.isEmpty()) {
            return;
        }
        String who =
                users.stream()
                        .map(s -> s.initiator() + " (" + s.initiatorAddress() + ")")
                        .distinct()
                        .collect(Collectors.joining(", "));
        throw new RequestRefusedException(
                new Problem(
                        Problem.CONFLICT,
                        "IN_USE",
                        "In use",
                        what + " is in use by " + who + why + ".",
                        correction,
                        users));
    }

    /// 0 if none is given; whether there are such blocks is the core's business.
    private static int blockBytes(VolumeRequests.@Nullable Size size, String field)
            throws RequestRefusedException {
        if (size == null) {
            return 0;
        }
        long bytes = size.absoluteBytes(field);
        if (bytes < 1 || bytes > Integer.MAX_VALUE) {
            throw refused(
                    "Blocks of %d bytes are not possible.".formatted(bytes),
                    field + " is 512 or 4096.");
        }
        return (int) bytes;
    }

    private static int chunkSize(VolumeRequests.@Nullable Size size)
            throws RequestRefusedException {
        if (size == null) {
            return SnapshotRequest.DEFAULT_CHUNK_SIZE_BYTES;
        }
        long bytes = size.absoluteBytes(CHUNK_FIELD);
        if (bytes > Integer.MAX_VALUE) {
            throw refused(
                    "A chunk of " + LvmSize.format(bytes) + " is too large.",
                    "Chunks are powers of two from 4k to 512k.");
        }
        return (int) bytes;
    }

    /// A COW store's size; 0 would mean the maximum to the core, and is an error in a request.
    private static long cowSize(VolumeRequests.Size size) throws RequestRefusedException {
        long bytes = size.absoluteBytes(SIZE_FIELD);
        if (bytes == 0) {
            throw refused("A COW store of no size holds nothing.", "Give a size, or make a fork.");
        }
        return bytes;
    }

    private Reply placed(Volume origin) throws VolumeRefusedException {
        Reply reply = made(origin);
        nodes.place(origin);
        return reply;
    }

    private Reply made(Volume volume) {
        return made(volume, List.of());
    }

    private Reply made(Volume volume, List<String> notes) {
        return Reply.created(
                VolumeView.of(volume, hosts, owner, notes), "/v1/volumes/" + volume.name());
    }

    private VolumeView view(Volume volume) {
        return VolumeView.of(volume, hosts, owner, List.of());
    }
}
