package io.cowherd.iscsi.login;

import io.cowherd.iscsi.text.TextKeys;

/// A complete login request: the header's fields and the text of all its PDUs.
///
/// **Threading.** *Confined to the connection's event loop.*
///
/// @param currentStage CSG
/// @param nextStage NSG; means something only if `transits`
/// @param transits T
/// @param isid 48 bits
/// @param keys what is said
public record LoginRequest(
        int currentStage, int nextStage, boolean transits, long isid, TextKeys keys) {}
