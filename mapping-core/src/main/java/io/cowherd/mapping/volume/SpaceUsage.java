package io.cowherd.mapping.volume;

/// What room a volume takes, and can still take.
///
/// **Threading.** *Immutable.*
///
/// @param usedBytes taken; [#UNKNOWN] if nobody counts
/// @param availableBytes room that is left; [#UNKNOWN] if nobody can say
/// @param shared true if others take from what is left as well
public record SpaceUsage(long usedBytes, long availableBytes, boolean shared) {
    /// Nobody can say.
    public static final long UNKNOWN = -1;
}
