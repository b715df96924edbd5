package io.cowherd.iscsi.login;

import io.cowherd.iscsi.text.TextKeys;

/// What is answered to a login request.
///
/// **Threading.** *Confined to the connection's event loop.*
///
/// @param currentStage CSG of the request
/// @param nextStage NSG of the request; means something only if `transits`
/// @param transits true grants the transition
/// @param keys what is said
/// @param state where the login stands now; [LoginState.FullFeature] at its end
/// @param hasProved true if it was this request that proved who the host is
public record LoginAnswer(
        int currentStage,
        int nextStage,
        boolean transits,
        TextKeys keys,
        LoginState state,
        boolean hasProved) {}
