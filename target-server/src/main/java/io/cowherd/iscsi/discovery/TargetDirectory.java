package io.cowherd.iscsi.discovery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The targets that are served now. It is asked at every login and discovery, so targets may come and go at any time.
///
/// **Threading.** *Thread-safe*; called on event loops, must not block.
public interface TargetDirectory {
    /// All targets, in the order in which hosts are to see them.
    List<TargetEntry> targets();

    /// The target of that name.
    ///
    /// @param iqn iSCSI name in lower case
    @Nullable TargetEntry find(String iqn);

    /// Portals of other nodes by which hosts reach all of them as well; discovery tells them behind our own.
    default List<Portal> portalsElsewhere() {
        return List.of();
    }
}
