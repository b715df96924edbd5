package io.cowherd.cluster;

import java.util.UUID;
import java.util.function.Consumer;

/// The port to the election: which node may try to own a family. It elects; it cannot stop anybody's I/O.
///
/// Calls return at once. Answers come on the node's thread, once each, however long that takes. Besides, whoever
/// implements this tells `ClusterNode` of confirmed and lost sessions, announcements and nodes that went.
public interface Elections {
    /// Whether enough voters have found each other; before that nobody is elected, and nobody tries.
    boolean isReady();

    /// Asks for the election lock of a family, which the node then has until it resigns or its session ends.
    void elect(UUID family, Consumer<Ballot> answer);

    /// Gives the election lock back, and does not rest before that is certain; harmless without it.
    ///
    /// @param done the lock is given back, or the session that had it has ended
    void resign(UUID family, Runnable done);

    /// Tells the other nodes, if they can be reached.
    void announce(Announcement announcement);

    /// How an election ended.
    enum Ballot {
        WON,
        LOST,
        /// Nobody knows: the answer got lost. The lock may be ours.
        UNKNOWN
    }
}
