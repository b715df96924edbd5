package io.cowherd.drill;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What came of a drill.
///
/// **Threading.** *Immutable.*
///
/// @param started when the load began, ISO 8601
/// @param ended when the verification was done
/// @param target the volume's iSCSI target
/// @param portals the paths
/// @param nodes the nodes' names
/// @param settings what was asked for
/// @param events what happened, in order; the first is no event, but the load before all others
/// @param stalls how long workers waited, by kind of event
/// @param acknowledgedWrites writes that the target said it has
/// @param verifiedBlocks blocks that were read at the end, by a new session
/// @param changeovers how often a worker gave a path up
/// @param damagedBlocks blocks that did not hold what was acknowledged
/// @param damages the first of them
/// @param ioErrors errors that a host would have seen
/// @param errors the first of them
/// @param notes what was not done as asked
/// @param verdict the end of it
public record DrillReport(
        String started,
        String ended,
        String target,
        List<String> portals,
        List<String> nodes,
        Settings settings,
        List<Event> events,
        List<Stalls> stalls,
        long acknowledgedWrites,
        int verifiedBlocks,
        long changeovers,
        int damagedBlocks,
        List<Damage> damages,
        long ioErrors,
        List<String> errors,
        List<String> notes,
        Verdict verdict) {
    /// The end of it.
    public enum Verdict {
        /// Every acknowledged write is there, no host would have seen an I/O error, and all events have been made.
        PASSED,
        /// The same, but not everything that was asked for has been done.
        INCOMPLETE,
        /// An acknowledged write is lost, or a host would have seen an I/O error.
        FAILED
    }

    /// Kinds of events.
    public enum Kind {
        /// None: the load alone.
        UNDISTURBED,
        /// A planned move to another node.
        MOVE,
        /// The death of the owner.
        KILL
    }

    /// Settings in units for people.
    ///
    /// @param settleSeconds see [DrillSettings#settle()]
    public record Settings(int moves, int kills, double settleSeconds, int workers, long seed) {}

    /// Something that happened.
    ///
    /// @param kind what
    /// @param started when, ISO 8601
    /// @param from the owner before
    /// @param to the owner after; null if there is none, or it is not known
    /// @param tookMillis until all workers had an acknowledgement again
    /// @param stallMillis longest time in which no worker had one
    /// @param workerStallMillis the same for each worker
    /// @param acknowledged commands that were, from its beginning until all was settled
    public record Event(
            Kind kind,
            String started,
            String from,
            @Nullable String to,
            double tookMillis,
            double stallMillis,
            List<Double> workerStallMillis,
            long acknowledged) {
        /// Keeps the list from changing.
        public Event {
            workerStallMillis = List.copyOf(workerStallMillis);
        }
    }

    /// How long workers waited in all events of a kind: percentiles over workers and events.
    ///
    /// @param kind of the events
    /// @param events how many
    /// @param p50Millis half of the stalls were no longer
    /// @param p99Millis 99 of 100 were no longer
    /// @param maxMillis the longest
    public record Stalls(
            Kind kind, int events, double p50Millis, double p99Millis, double maxMillis) {
        static Stalls of(Kind kind, List<Event> events) {
            List<Double> all =
                    events.stream()
                            .filter(event -> event.kind() == kind)
                            .flatMap(event -> event.workerStallMillis().stream())
                            .sorted()
                            .toList();
            int count = (int) events.stream().filter(event -> event.kind() == kind).count();
            return new Stalls(kind, count, rank(all, 50), rank(all, 99), rank(all, 100));
        }

        /// Nearest rank: the smallest value that so many of 100 do not exceed.
        private static double rank(List<Double> sorted, int percent) {
            int rank = (sorted.size() * percent + 99) / 100;
            return sorted.get(Math.max(rank, 1) - 1);
        }
    }

    /// Keeps the lists from changing.
    public DrillReport {
        portals = List.copyOf(portals);
        nodes = List.copyOf(nodes);
        events = List.copyOf(events);
        stalls = List.copyOf(stalls);
        damages = List.copyOf(damages);
        errors = List.copyOf(errors);
        notes = List.copyOf(notes);
    }
}
