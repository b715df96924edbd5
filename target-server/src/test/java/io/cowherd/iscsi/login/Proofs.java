package io.cowherd.iscsi.login;

/// Proofs for tests of what comes after a login.
public final class Proofs {
    private Proofs() {}

    /// That of a host which nobody has asked for one.
    public static Authenticated none() {
        return Authenticated.withoutMethod();
    }
}
