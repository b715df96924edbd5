package io.cowherd.forward;

/// How long the commands of a nexus wait for an owner, since there was one last: all of them for a while, then those that
/// hosts find disks and paths by for a while longer.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Patience {
    private enum Hold {
        /// All commands wait.
        ALL,
        /// Those that hosts find disks and paths by.
        SCANS,
        /// None: there is an owner, or it has taken too long.
        NONE
    }

    private final ClusterNexus nexus;
    private final ClusterTarget target;
    private Hold hold = Hold.ALL;
    private int beginnings;

    Patience(ClusterNexus nexus, ClusterTarget target) {
        this.nexus = nexus;
        this.target = target;
    }

    /// From now on commands wait.
    void begin() {
        hold = Hold.ALL;
        int mine = ++beginnings;
        ForwardSettings settings = target.settings();
        after(settings.holdMillis(), Hold.SCANS, mine);
        after(settings.scanHoldMillis(), Hold.NONE, mine);
    }

    private void after(int millis, Hold next, int which) {
        target.after(millis, () -> nexus.post(() -> become(next, which)));
    }

    private void become(Hold next, int which) {
        if (which == beginnings) {
            hold = next;
            nexus.endThoseThatWaitTooLong();
        }
    }

    /// There is an owner.
    void end() {
        hold = Hold.NONE;
        beginnings++;
    }

    /// True if the command may wait on.
    boolean isEnoughFor(ForwardedTask task) {
        return switch (hold) {
            case ALL -> true;
            case SCANS -> !task.isRefusedInTransition();
            case NONE -> false;
        };
    }
}
