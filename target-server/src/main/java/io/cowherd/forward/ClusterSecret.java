package io.cowherd.forward;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// What all nodes of a cluster know, and nobody else.
///
/// **Threading.** *Immutable.*
public final class ClusterSecret {
    /// Shortest secret: as many bits as nobody guesses, if they are random.
    public static final int MIN_BYTES = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /// Takes a secret.
    ///
    /// @param secret copied
    /// @throws IllegalArgumentException if it is too short
    public ClusterSecret(byte[] secret) {
        if (secret.length < MIN_BYTES) {
            throw new IllegalArgumentException(
                    "The cluster's secret has %d bytes, and needs %d: make one with openssl rand -hex 32."
                            .formatted(secret.length, MIN_BYTES));
        }
        this.key = new SecretKeySpec(secret, ALGORITHM);
    }

    /// Who proves that it knows the secret. The name is part of the proof: what one side has said is worth nothing to the other.
    enum Role {
        /// The node that the host talks to, which connects.
        CALLER("cowherd forward 1 caller"),
        /// The owner, which listens.
        OWNER("cowherd forward 1 owner");

        private final String label;

        Role(String label) {
            this.label = label;
        }
    }

    /// HMAC-SHA-256 (RFC 2104) of role and both nonces.
    Bytes32 proof(Role role, Bytes32 callersNonce, Bytes32 ownersNonce) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(role.label.getBytes(StandardCharsets.US_ASCII));
            mac.update(callersNonce.toArray());
            mac.update(ownersNonce.toArray());
            return Bytes32.of(mac.doFinal());
        } catch (GeneralSecurityException e) {
            throw new AssertionError("Every Java has " + ALGORITHM, e);
        }
    }

    /// Compares in a time that does not tell where they differ.
    static boolean equal(Bytes32 a, Bytes32 b) {
        return MessageDigest.isEqual(a.toArray(), b.toArray());
    }

    @Override
    public String toString() {
        return "cluster secret";
    }
}
