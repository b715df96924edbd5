package io.cowherd.forward;

import io.cowherd.scsi.ScsiTarget;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.Supplier;

/// Who owns a target now, as far as this node knows. Asked for each nexus, again whenever its connection is gone, and when
/// [ClusterTarget#ownerChanged] says so.
///
/// It may be wrong: the one it names answers that it is not. It must never name an owner of an epoch while one of a former
/// epoch can still write.
@FunctionalInterface
public interface OwnerLookup {
    /// An answer.
    sealed interface Answer {}

    /// This node owns the target's family.
    ///
    /// @param target where nexuses are opened
    /// @param epoch the family's, as the storage has it; it never falls
    /// @param blockSizes bytes of a logical block by LUN, as it is now; any thread
    record Here(ScsiTarget target, long epoch, Supplier<Map<Integer, Integer>> blockSizes)
            implements Answer {}

    /// Another node owns it.
    ///
    /// @param address of its [ForwardListener]
    /// @param epoch as for [Here]
    record Remote(InetSocketAddress address, long epoch) implements Answer {}

    /// Nobody, at the moment.
    record Moving() implements Answer {}

    /// Any thread; must not block.
    ///
    /// @param targetName iSCSI name of the target
    Answer find(String targetName);
}
