package io.cowherd.forward;

import org.jspecify.annotations.Nullable;

/// How nodes talk to each other. Alike on all nodes.
///
/// @param secret proves that a node is one of ours
/// @param tls encrypts, and proves it again; null for none. Then only the first frames of a connection are authenticated: who can
///     change bytes on the wire between nodes can change those of disks, as on an iSCSI network without IPsec
/// @param maxTransferBytes largest READ or WRITE that this node serves (`Limits.maxTransferBytes`)
/// @param connections connections that a node accepts: as many sessions as other nodes may have, and some to spare
/// @param keepAliveMillis a sign of life is sent as often
/// @param silenceMillis after this long without one the other node is taken for gone
/// @param openMillis longest time from connecting to an open nexus; then it is tried again
/// @param retryMillis time between two tries
/// @param holdMillis how long a command waits for a new owner before its host is told to try again
/// @param scanHoldMillis the same for what hosts ask to find disks and paths, and do not like to ask again
public record ForwardSettings(
        ClusterSecret secret,
        @Nullable ForwardTls tls,
        int maxTransferBytes,
        int connections,
        int keepAliveMillis,
        int silenceMillis,
        int openMillis,
        int retryMillis,
        int holdMillis,
        int scanHoldMillis) {
    private static final int CONNECTIONS = 1024;
    private static final int KEEP_ALIVE_MILLIS = 500;
    private static final int SILENCE_MILLIS = 3_000;
    private static final int OPEN_MILLIS = 2_000;
    private static final int RETRY_MILLIS = 50;
    private static final int HOLD_MILLIS = 8_000;
    private static final int SCAN_HOLD_MILLIS = 10_000;

    /// What ships.
    public static ForwardSettings of(
            ClusterSecret secret, @Nullable ForwardTls tls, int maxTransferBytes) {
        return new ForwardSettings(
                secret,
                tls,
                maxTransferBytes,
                CONNECTIONS,
                KEEP_ALIVE_MILLIS,
                SILENCE_MILLIS,
                OPEN_MILLIS,
                RETRY_MILLIS,
                HOLD_MILLIS,
                SCAN_HOLD_MILLIS);
    }
}
