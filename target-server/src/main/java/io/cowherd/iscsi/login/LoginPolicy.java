package io.cowherd.iscsi.login;

import io.cowherd.config.access.LunRights;
import org.jspecify.annotations.Nullable;

/// Decides who may log in to what. Asked at every login and every discovery, so rules may change at any time.
///
/// **Threading.** *Thread-safe*; called on event loops, must not block.
public interface LoginPolicy {
    /// Lets everybody do everything: for servers without rules, and for tests.
    LoginPolicy OPEN =
            new LoginPolicy() {
                @Override
                public LunRights rights(Visitor visitor, String target) {
                    return LunRights.ALL;
                }

                @Override
                public @Nullable ChapDemand demand(Visitor visitor, @Nullable String target) {
                    return null;
                }
            };

    /// What a host may do at a target, provided it has proved what [#demand] asks.
    ///
    /// @param target iSCSI name in lower case; need not exist
    /// @return null if to this host there is no such target
    @Nullable LunRights rights(Visitor visitor, String target);

    /// What a host has to prove first.
    ///
    /// @param target iSCSI name in lower case; need not exist. Null for discovery
    /// @return null if nothing
    @Nullable ChapDemand demand(Visitor visitor, @Nullable String target);
}
