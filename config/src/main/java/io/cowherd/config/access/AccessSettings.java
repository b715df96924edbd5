package io.cowherd.config.access;

import java.util.List;

/// How strict the server is with hosts that no rule speaks of, and with those that authenticate.
///
/// @param unprotected who may use a target that has neither an access list nor CHAP
/// @param algorithms CHAP algorithms that are accepted, the preferred first; one at least
public record AccessSettings(Unprotected unprotected, List<ChapAlgorithm> algorithms) {
    /// What ships.
    public static final AccessSettings DEFAULTS =
            new AccessSettings(Unprotected.LOCAL, ChapAlgorithm.DEFAULT_PREFERENCE);

    /// Who may use a target that nothing protects.
    public enum Unprotected {
        /// Who comes over loopback: this machine's own users.
        LOCAL,
        /// Anyone.
        ANYONE
    }

    /// Validates.
    public AccessSettings {
        algorithms = algorithms.stream().distinct().toList();
        if (algorithms.isEmpty()) {
            throw new IllegalArgumentException("At least one CHAP algorithm is needed.");
        }
    }
}
