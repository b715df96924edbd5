package io.cowherd.iscsi.login;

import io.cowherd.config.access.ChapAlgorithm;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a host has to prove before it is let in, and how we prove who we are if it asks.
///
/// **Threading.** *Immutable.*
///
/// @param algorithms accepted ones, the preferred first
/// @param secretOf the secret of a name that this host may use there; null if there is none
/// @param own our name and secret; null if we have none to show
public record ChapDemand(
        List<ChapAlgorithm> algorithms,
        Function<String, @Nullable ChapSecret> secretOf,
        @Nullable Own own) {
    /// What we answer with to a host's challenge.
    ///
    /// @param name CHAP_N
    /// @param secret another than any that hosts prove themselves with
    public record Own(String name, ChapSecret secret) {}
}
