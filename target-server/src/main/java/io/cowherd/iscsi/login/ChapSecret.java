package io.cowherd.iscsi.login;

import io.cowherd.config.access.ChapAlgorithm;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// A secret of CHAP. Nothing shows it: not [#toString()], no getter.
///
/// **Threading.** *Immutable.*
public final class ChapSecret {
    private final byte[] bytes;

    /// @param bytes the secret; copied
    public ChapSecret(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    /// What proves that one knows the secret: hash of identifier, secret, challenge (RFC 1994 4.1).
    ///
    /// @param identifier 0 to 255
    public byte[] response(ChapAlgorithm algorithm, int identifier, byte[] challenge) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm.digestName());
            digest.update((byte) identifier);
            digest.update(bytes);
            return digest.digest(challenge);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK of 9 and later has them
        }
    }

    /// True if both are the same secret. Takes the same time whatever the first difference.
    public boolean isSame(ChapSecret other) {
        return MessageDigest.isEqual(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return "(a secret)";
    }
}
