package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.Catalog.Backing;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// The files of volumes that are being removed: retired before the catalog forgets the volumes, deleted after.
///
/// **Threading.** *Confined to the thread that makes the change.*
final class Removal {
    private final FamilyFolder folder;
    private final Consumer<String> log;
    private final Deque<String> retired = new ArrayDeque<>();

    Removal(FamilyFolder folder, Consumer<String> log) {
        this.folder = folder;
        this.log = log;
    }

    /// Marks a file as one that goes. What was adopted stays as it is.
    void retire(Backing backing) throws IOException {
        switch (backing) {
            case Backing.Own(String file) -> {
                if (folder.retire(file)) {
                    retired.push(file);
                }
            }
            case Backing.Adopted _ -> {}
        }
    }

    /// The volumes stay after all.
    void restore() {
        while (!retired.isEmpty()) {
            String file = retired.pop();
            Undo.attempt(log, "restore " + folder.path(file), () -> folder.restore(file));
        }
    }

    /// The volumes have gone. What cannot be deleted now is deleted at the next open.
    void purge() {
        while (!retired.isEmpty()) {
            String file = retired.pop();
            Undo.attempt(log, "delete " + folder.path(file), () -> folder.purge(file));
        }
    }
}
