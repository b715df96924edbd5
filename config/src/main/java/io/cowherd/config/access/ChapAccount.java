package io.cowherd.config.access;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// A name with a secret, for CHAP (RFC 1994, RFC 7143 12.1.3). The secret is in a file of its own, never here.
///
/// @param name CHAP_N; 1 to 255 bytes of UTF-8 without controls
/// @param direction who proves who he is
/// @param scopes where: [AccessRules#ALL_TARGETS] (discovery too), [#DISCOVERY], names of targets; one at least
/// @param initiator which hosts may use an INCOMING account
/// @param secretFile name of the secret's file in its folder
public record ChapAccount(
        String name,
        Direction direction,
        List<String> scopes,
        InitiatorPattern initiator,
        String secretFile) {
    /// Scope of discovery sessions.
    public static final String DISCOVERY = "discovery";

    /// Shortest secret, in bytes: 96 bits (RFC 7143 9.2.1).
    public static final int MIN_SECRET_BYTES = 12;

    /// Longest secret, in bytes.
    public static final int MAX_SECRET_BYTES = 255;

    private static final int MAX_NAME_BYTES = 255;
    private static final int MAX_SCOPES = 256;

    /// Who proves who he is.
    public enum Direction {
        /// The host to us.
        INCOMING,
        /// We to the host, if it asks (mutual CHAP).
        OUTGOING
    }

    /// Validates.
    public ChapAccount {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1
                || bytes > MAX_NAME_BYTES
                || name.codePoints().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "A CHAP name has 1 to " + MAX_NAME_BYTES + " bytes and no control characters.");
        }
        scopes = scopes.stream().map(ChapAccount::scope).distinct().sorted().toList();
        if (scopes.isEmpty() || scopes.size() > MAX_SCOPES) {
            throw new IllegalArgumentException(
                    "The CHAP account "
                            + name
                            + " needs 1 to "
                            + MAX_SCOPES
                            + " places where it is good: *, discovery, or targets.");
        }
    }

    private static String scope(String text) {
        return text.equals(DISCOVERY) ? text : AccessRules.targetOrAll(text);
    }

    /// True if the account is good there.
    ///
    /// @param scope [#DISCOVERY] or the name of a target
    public boolean covers(String scope) {
        return scopes.contains(AccessRules.ALL_TARGETS) || scopes.contains(scope);
    }
}
