package io.cowherd.forward;

import java.net.InetSocketAddress;

/// Who owns a target now, as far as this node knows. Asked for each nexus, and again whenever its connection is gone.
///
/// It may be wrong: the one it names answers that it is not. It must never name an owner of an epoch while one of a former
/// epoch can still write.
@FunctionalInterface
public interface OwnerLookup {
    /// An answer.
    sealed interface Answer {}

    /// A node that owns the target's family.
    ///
    /// @param address of its [ForwardListener]
    /// @param epoch the family's, which never falls
    record Owner(InetSocketAddress address, long epoch) implements Answer {}

    /// Nobody, at the moment.
    record Moving() implements Answer {}

    /// Any thread; must not block.
    ///
    /// @param targetName iSCSI name of the target
    Answer find(String targetName);
}
