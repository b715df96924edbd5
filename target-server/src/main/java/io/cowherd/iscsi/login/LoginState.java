package io.cowherd.iscsi.login;

/// Where a login stands (RFC 7143 6.3). Each state knows what the one before has established.
///
/// ```
/// SecurityNegotiation ---- T, NSG 1 ----> OperationalNegotiation ---- T, NSG 3 ----> FullFeature
///          '------------------------------ T, NSG 3 -----------------------------------^
/// ```
///
/// A login may begin in either of the first two.
///
/// **Threading.** *Immutable.*
public sealed interface LoginState {
    /// CSG 0: who are you? (CHAP will live here: an exchange of several requests before `T` is granted.)
    record SecurityNegotiation() implements LoginState {}

    /// CSG 1: how do we talk?
    ///
    /// @param proof that the security stage is done with, or was not needed
    record OperationalNegotiation(Authenticated proof) implements LoginState {}

    /// CSG 3: everything is agreed.
    ///
    /// @param proof that the initiator may come in
    /// @param identity who, and to what
    /// @param parameters how
    record FullFeature(Authenticated proof, LoginIdentity identity, SessionParameters parameters)
            implements LoginState {}

    /// Proof of authentication; only this package can make one.
    final class Authenticated {
        private Authenticated() {}

        /// AuthMethod None: nobody asked for a proof.
        static Authenticated withoutMethod() {
            return new Authenticated();
        }
    }

    /// The code of the stage on the wire (CSG).
    default int stage() {
        return switch (this) {
            case SecurityNegotiation _ -> 0;
            case OperationalNegotiation _ -> 1;
            case FullFeature _ -> 3;
        };
    }
}
