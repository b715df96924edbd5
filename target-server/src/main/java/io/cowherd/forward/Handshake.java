package io.cowherd.forward;

import io.cowherd.forward.ClusterSecret.Role;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/// How two nodes prove to each other that they know the cluster's secret, without saying it:
///
/// 1. The caller says a nonce, the owner says one.
/// 2. The caller proves, then the owner. The listener does not prove anything to strangers.
///
/// Proofs are of both nonces and of who says it, so that none can be used again, nor be sent back.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Handshake {
    private final Role role;
    private final ClusterSecret secret;
    private final Bytes32 nonce;
    private @Nullable Bytes32 peersNonce;
    private boolean isDone;

    Handshake(Role role, ClusterSecret secret, SecureRandom random) {
        this.role = role;
        this.secret = secret;
        this.nonce = Bytes32.random(random);
    }

    /// True once the peer has proved.
    boolean isDone() {
        return isDone;
    }

    /// What this side says first, or in answer to the other's.
    Message hello() {
        return new Message.Hello(Frame.VERSION, nonce);
    }

    /// Takes in what the peer says.
    ///
    /// @return the answer, or null if there is none
    @Nullable Message received(Message message) throws PeerFailure {
        Bytes32 peers = peersNonce;
        return switch (message) {
            case Message.Hello(int version, Bytes32 said) when peers == null -> {
                if (version != Frame.VERSION) {
                    throw new PeerFailure(
                            "it speaks version %d, this node %d: upgrade the older one"
                                    .formatted(version, Frame.VERSION));
                }
                peersNonce = said;
                yield role == Role.CALLER ? proof(role, said) : hello();
            }
            case Message.Proof(Bytes32 code) when peers != null -> {
                Role other = role == Role.CALLER ? Role.OWNER : Role.CALLER;
                Message.Proof right = proof(other, peers);
                if (!ClusterSecret.equal(code, right.code())) {
                    throw new PeerFailure("it does not know the cluster's secret");
                }
                isDone = true;
                yield role == Role.CALLER ? null : proof(role, peers);
            }
            default -> throw new PeerFailure("it has not proved who it is");
        };
    }

    private Message.Proof proof(Role of, Bytes32 peers) {
        return new Message.Proof(
                role == Role.CALLER
                        ? secret.proof(of, nonce, peers)
                        : secret.proof(of, peers, nonce));
    }
}
