package io.cowherd.iscsi.login;

/// Where a login stands (RFC 7143 6.3). Each state knows what the one before has established.
///
/// ```
/// SecurityNegotiation --- AuthMethod=CHAP ---> ChapNegotiation --- right response ---> Proven
///        | T, if nothing is demanded                                                     | T
///        '--------> OperationalNegotiation --- T, NSG 3 ---> FullFeature <--- NSG 1, 3 --'
/// ```
///
/// A login may begin in SecurityNegotiation, or in OperationalNegotiation if nothing is demanded.
///
/// **Threading.** *Confined to the connection's event loop* as long as a CHAP exchange is in it; otherwise *Immutable.*
public sealed interface LoginState {
    /// CSG 0: who are you?
    record SecurityNegotiation() implements LoginState {}

    /// CSG 0: prove it.
    record ChapNegotiation(ChapExchange chap) implements LoginState {}

    /// CSG 0: nothing more is to be said about security.
    ///
    /// @param proof that the initiator may go on
    record Proven(Authenticated proof) implements LoginState {}

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

    /// The code of the stage on the wire (CSG).
    default int stage() {
        return switch (this) {
            case SecurityNegotiation _, ChapNegotiation _, Proven _ -> 0;
            case OperationalNegotiation _ -> 1;
            case FullFeature _ -> 3;
        };
    }
}
