package io.cowherd.iscsi.login;

import org.jspecify.annotations.Nullable;

/// Proof of authentication; only this package can make one.
///
/// **Threading.** *Immutable.*
public final class Authenticated {
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
