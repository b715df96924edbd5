package io.cowherd.management;

import io.cowherd.admission.FailedLogins;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How hosts reach volumes, and which do: targets, portals, sessions.
///
/// **Threading.** *Thread-safe*: called on worker threads, and may block.
public interface HostAccess {
    /// Name of the iSCSI target of an origin and its snapshots. Names that differ only in case are one to hosts
    /// (RFC 3722).
    String targetName(VolumeName origin);

    /// Name of the iSCSI target that shows the volume as the LUN of its number.
    default String targetName(Volume volume) {
        Volume origin = volume.origin();
        return targetName(origin == null ? volume.name() : origin.name());
    }

    /// Addresses that discovery tells hosts, as in TargetAddress without the tag: `127.0.0.1:3260`.
    List<String> portals();

    /// All normal sessions, oldest first.
    List<HostSession> sessions();

    /// Sessions that use the volume: all of its target's, since a host that is logged in may have any LUN mounted.
    ///
    /// What commands a session has sent says nothing better. A Linux host reads every LUN at login, looking for partitions and
    /// file systems; and a host that came back after an interruption may have sent nothing yet to a LUN that it has mounted.
    default List<HostSession> usersOf(Volume volume) {
        String target = targetName(volume);
        return sessions().stream().filter(s -> s.target().equalsIgnoreCase(target)).toList();
    }

    /// Takes the volume away from hosts, before it is removed. Of a snapshot only the LUN goes, and hosts keep what else they
    /// use; of an origin the target goes with all its LUNs, and its sessions are dropped. Returns when nothing uses
    /// the volume any more. Idempotent.
    ///
    /// @throws VolumeRefusedException if commands did not end in time; hosts have the volume again then
    void detach(Volume volume) throws VolumeRefusedException;

    /// Gives a volume that was detached to hosts again, because it was not removed after all. Idempotent.
    void attach(Volume volume);

    /// The name of a target as its volume is spelled.
    ///
    /// @param target in whatever case
    /// @return null if there is no such target for any host
    @Nullable String spelled(String target);

    /// Has the sessions live by rules that have changed.
    ///
    /// @return those whose host has no right to its target any more, or has not proved what that takes now; they go on as before
    List<HostSession> rulesChanged();

    /// Who wanted to log in and may not.
    FailedLogins failedLogins();

    /// Ends sessions, all at once, and returns when their tasks have ended, or take too long for it.
    ///
    /// @return how many of them there were
    int disconnect(List<String> sessionIds);
}
