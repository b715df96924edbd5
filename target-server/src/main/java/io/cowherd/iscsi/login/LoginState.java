package io.cowherd.iscsi.login;

import org.jspecify.annotations.Nullable;

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

    /// Proof of authentication; only this package can make one.
    ///
    /// **Threading.** *Immutable.*
    final class Authenticated {
        private record Account(String name, ChapSecret secret) {}

        private final @Nullable Account account;

        private Authenticated(@Nullable Account account) {
            this.account = account;
        }

        /// AuthMethod None: nobody asked for a proof.
        static Authenticated withoutMethod() {
            return new Authenticated(null);
        }

        /// CHAP has ended well.
        static Authenticated byChap(String account, ChapSecret secret) {
            return new Authenticated(new Account(account, secret));
        }

        /// Name of the CHAP account that was proved; null if nobody asked for a proof.
        public @Nullable String account() {
            return account == null ? null : account.name();
        }

        /// True if the proof is still enough where the rules have changed since: nothing is demanded, or the account is still
        /// good there and has the same secret.
        public boolean meets(@Nullable ChapDemand demand) {
            if (demand == null) {
                return true;
            }
            if (account == null) {
                return false;
            }
            ChapSecret present = demand.secretOf().apply(account.name());
            return present != null && present.isSame(account.secret());
        }
    }

    /// The code of the stage on the wire (CSG).
    default int stage() {
        return switch (this) {
            case SecurityNegotiation _, ChapNegotiation _, Proven _ -> 0;
            case OperationalNegotiation _ -> 1;
            case FullFeature _ -> 3;
        };
    }
}
