package io.cowherd.drill;

import io.cowherd.config.HostPort;
import io.cowherd.drill.initiator.LoginRefusedException;
import io.cowherd.drill.initiator.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What went wrong in a drill, from all workers.
///
/// **Threading.** *Thread-safe*: every method holds the lock of `this`.
final class Troubles implements Paths.Listener {
    /// Most of a kind that are kept in words; all are counted.
    static final int MAX_TOLD = 100;

    private final TreeMap<Long, Damage> damages = new TreeMap<>();
    private final List<String> errors = new ArrayList<>();
    private long errorCount;
    private long changeovers;

    /// The first of each block counts.
    synchronized void damaged(Damage damage) {
        damages.putIfAbsent(damage.block(), damage);
    }

    synchronized void failed(String what) {
        errorCount++;
        if (errors.size() < MAX_TOLD) {
            errors.add(what);
        }
    }

    @Override
    public synchronized void changedOver(HostPort portal, String why) {
        changeovers++;
    }

    @Override
    public synchronized void refused(HostPort portal, LoginRefusedException why) {
        failed("login at " + portal + ": " + why.getMessage());
    }

    /// Blocks that do not hold what was acknowledged, the first ones in words.
    synchronized List<Damage> damages() {
        return damages.values().stream().limit(MAX_TOLD).toList();
    }

    synchronized int damageCount() {
        return damages.size();
    }

    synchronized List<String> errors() {
        return List.copyOf(errors);
    }

    synchronized long errorCount() {
        return errorCount;
    }

    synchronized long changeovers() {
        return changeovers;
    }
}
