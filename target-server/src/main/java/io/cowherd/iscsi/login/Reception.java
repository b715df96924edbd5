package io.cowherd.iscsi.login;

import io.cowherd.iscsi.discovery.TargetPlacement;

/// Whom logins ask: may this host come in, and is the target here?
///
/// **Threading.** *Thread-safe: its parts are.*
///
/// @param policy who may log in to what
/// @param placement where targets are served
public record Reception(LoginPolicy policy, TargetPlacement placement) {
    /// Everybody, and everything is here.
    public static final Reception OPEN = new Reception(LoginPolicy.OPEN, TargetPlacement.HERE);
}
