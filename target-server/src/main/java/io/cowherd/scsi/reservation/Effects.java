package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a change of reservations, which is durable and in force for every command that starts from now on, still has to do
/// before its GOOD:
///
/// 1. the others are told,
/// 2. commands of those who were preempted are aborted, if that was asked for,
/// 3. what runs, and would be let in no more, ends.
///
/// SPC-4 asks for the third of PREEMPT AND ABORT alone. We do it for every change that shuts somebody out: the new owner of a
/// disk reads it when its PREEMPT has succeeded, and a write of the old one must not come after that.
///
/// **Threading.** *Immutable.*
///
/// @param attentions who is told what
/// @param aborted whose commands are aborted
/// @param shutsOut true if anybody may do less than before
public record Effects(
        Map<NexusName, UnitAttention> attentions, Set<NexusName> aborted, boolean shutsOut) {
    /// Nothing is to be done.
    static final Effects NONE = new Effects(Map.of(), Set.of(), false);

    /// Only step 3.
    static final Effects SHUTS_OUT = new Effects(Map.of(), Set.of(), true);

    /// Copies.
    public Effects {
        attentions = Map.copyOf(attentions);
        aborted = Set.copyOf(aborted);
    }

    /// True if there is nothing to do.
    public boolean isEmpty() {
        return attentions.isEmpty() && aborted.isEmpty() && !shutsOut;
    }

    /// What a nexus is told, or null.
    public @Nullable UnitAttention attentionOf(NexusName nexus) {
        return attentions.get(nexus);
    }

    /// True if the commands of a nexus are aborted.
    public boolean aborts(NexusName nexus) {
        return aborted.contains(nexus);
    }
}
