package io.cowherd.cluster.simulation;

import java.util.List;
import java.util.UUID;

/// A host that writes ever larger numbers to a few blocks, reads them again, and remembers what it was promised.
///
/// The judge of I8 and I3: what is read is never older than what was acknowledged or read before, and never anything
/// that was not sent. Numbers start above zero, which is what unwritten storage says.
final class SimulatedHost {
    private static final long PATIENCE = 4 * World.SECONDS;
    private static final long LONGEST_PAUSE = 250 * World.MILLIS;

    private final World world;
    private final UUID family;
    private final List<SimulatedNode> nodes;
    private final long[] sent = new long[SimulatedStorage.BLOCKS];
    private final long[] known = new long[SimulatedStorage.BLOCKS];
    private final boolean strict;
    private int session;
    private int node;
    private long servedAt = -1;
    private long operation;

    SimulatedHost(World world, UUID family, List<SimulatedNode> nodes, boolean strict) {
        this.world = world;
        this.family = family;
        this.nodes = nodes;
        this.strict = strict;
        next();
    }

    /// When a command last went well.
    long servedAt() {
        return servedAt;
    }

    private void next() {
        world.after(world.between(World.MILLIS, LONGEST_PAUSE), this::command);
    }

    private void command() {
        long mine = ++operation;
        SimulatedNode target = nodes.get(node);
        int block = world.pick(SimulatedStorage.BLOCKS);
        world.after(PATIENCE, () -> giveUp(mine));
        boolean reads = world.chance(0.3);
        long least = known[block];
        long value = reads ? 0 : ++sent[block];
        int mySession = session;
        int life = target.life();
        if (!target.isUp()) {
            world.after(World.MILLIS, () -> refused(mine));
            return;
        }
        world.after(
                world.between(World.MILLIS / 5, World.MILLIS),
                () ->
                        target.run(
                                life,
                                () -> {
                                    if (reads) {
                                        target.service()
                                                .read(
                                                        family,
                                                        mySession,
                                                        block,
                                                        read -> answered(mine, block, least, read));
                                    } else {
                                        target.service()
                                                .write(
                                                        family,
                                                        mySession,
                                                        block,
                                                        value,
                                                        it ->
                                                                answered(
                                                                        mine,
                                                                        block,
                                                                        least,
                                                                        it
                                                                                        == SimulatedService
                                                                                                .WRITTEN
                                                                                ? value
                                                                                : it));
                                    }
                                }));
    }

    /// @param seen what the block is known to be now, or [SimulatedService#REFUSED]
    private void answered(long mine, int block, long least, long seen) {
        if (mine != operation) {
            return;
        }
        if (seen == SimulatedService.REFUSED) {
            refused(mine);
            return;
        }
        if (strict && (seen < least || seen > sent[block])) {
            throw new Violation(
                    "I8: block %d of %s is %d, but %d was acknowledged and %d is the last sent"
                            .formatted(
                                    block,
                                    SimulatedStorage.name(family),
                                    seen,
                                    least,
                                    sent[block]));
        }
        known[block] = Math.max(known[block], seen);
        servedAt = world.now();
        operation++;
        next();
    }

    private void refused(long mine) {
        if (mine == operation) {
            operation++;
            node = (node + 1) % nodes.size();
            next();
        }
    }

    private void giveUp(long mine) {
        if (mine == operation) {
            session++;
            refused(mine);
        }
    }
}
