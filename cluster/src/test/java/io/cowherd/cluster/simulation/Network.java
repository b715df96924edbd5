package io.cowherd.cluster.simulation;

import java.util.Arrays;
import java.util.List;

/// Who reaches whom. Directions are cut apart: A may hear B while B does not hear A.
final class Network {
    private final boolean[][] cut;
    private double loss;
    private long slowest = 3 * World.MILLIS;

    Network(int nodes) {
        cut = new boolean[nodes][nodes];
    }

    void cut(int from, int to) {
        cut[from][to] = true;
    }

    void isolate(int node) {
        for (int other = 0; other < cut.length; other++) {
            cut[node][other] = true;
            cut[other][node] = true;
        }
    }

    void impair(double lossRate, long slowestNanos) {
        loss = lossRate;
        slowest = slowestNanos;
    }

    void heal() {
        for (boolean[] row : cut) {
            Arrays.fill(row, false);
        }
        impair(0, 3 * World.MILLIS);
    }

    boolean connected(int from, int to) {
        return from == to || !cut[from][to];
    }

    /// Whether a node and the answers to it get through to more than half, itself counted if it runs.
    boolean hasMajority(SimulatedNode node, List<SimulatedNode> all) {
        int reached = 0;
        for (SimulatedNode other : all) {
            if (other.isRunning()
                    && connected(node.index(), other.index())
                    && connected(other.index(), node.index())) {
                reached++;
            }
        }
        return reached * 2 > all.size();
    }

    boolean loses(World world) {
        return world.chance(loss);
    }

    long delay(World world) {
        return world.between(World.MILLIS / 5, slowest);
    }
}
