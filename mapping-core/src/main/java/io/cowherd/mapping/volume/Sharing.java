package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/// How a pool shares its directory with others: not at all, or as one node of a cluster ([NodeSharing]).
///
/// **Threading.** *Thread-safe.*
interface Sharing {
    /// True if other nodes may hold families of this directory.
    boolean isShared();

    /// What keeps changes of one group's catalog apart.
    ///
    /// @param group the group's folder
    CatalogLock catalogLock(Path group);

    /// Makes the folder of a new family, held by this node.
    ///
    /// @param group the group's folder
    /// @param plain what the pool does things with
    /// @return what things of the family are to be done with
    PoolContext found(Path group, UUID family, PoolContext plain) throws IOException;

    /// The family is no more: it is let go, if it was held.
    void end(UUID family) throws IOException;

    /// Nobody else is there: nothing to hold.
    Sharing ALONE =
            new Sharing() {
                @Override
                public boolean isShared() {
                    return false;
                }

                @Override
                public CatalogLock catalogLock(Path group) {
                    return CatalogLock.ALONE;
                }

                @Override
                public PoolContext found(Path group, UUID family, PoolContext plain)
                        throws IOException {
                    var folder = new FamilyFolder(group, family, plain.files());
                    try {
                        folder.create();
                        return plain;
                    } catch (IOException e) {
                        Undo.attempt(plain.log(), "delete " + folder, folder::dissolve);
                        throw e;
                    }
                }

                @Override
                public void end(UUID family) {}
            };
}
