package io.cowherd.cluster.member;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.Elections;
import io.cowherd.cluster.NodeId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/// An election that a node has joined.
///
/// **Threading.** *Thread-safe*: any thread may call.
public interface ElectionService extends Elections, AutoCloseable {
    /// Begins to answer and to tell; once.
    ///
    /// @param nodeThread where every answer is given and the listener is called
    void start(Executor nodeThread, Listener listener);

    /// The nodes that are there and vote, as of the last second. One that has just come does not yet.
    Set<NodeId> voters();

    /// Whether there are as many voters as there are to be: before that, no node should be stopped.
    boolean isComplete();

    /// All that have joined, this node and witnesses too.
    List<Peer> peers();

    /// Leaves. Locks that are still held end with the session.
    @Override
    void close();

    /// What an election tells of itself.
    interface Listener {
        /// See [io.cowherd.cluster.ClusterNode#sessionConfirmed].
        void sessionConfirmed(long from);

        /// See [io.cowherd.cluster.ClusterNode#sessionLost].
        void sessionLost(String why);

        /// See [io.cowherd.cluster.ClusterNode#heard].
        void heard(Announcement announcement);

        /// See [io.cowherd.cluster.ClusterNode#left].
        void left(NodeId node);
    }
}
