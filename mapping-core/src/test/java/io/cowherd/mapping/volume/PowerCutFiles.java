package io.cowherd.mapping.volume;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Files whose power fails before a chosen step, and which then forget what was not made durable.
///
/// **Method.** Steps are carried out at once on the real file system and remembered until they are durable. From the cut on
/// every step fails. [#loseUnsynced] then plays the disk: content that was not synced is cut at a random place; of the names that
/// were not synced, a random tail of the changes is taken back (a journal keeps their order).
final class PowerCutFiles implements DurableFiles {
    /// Thrown by the step at which the power fails, and by all that follow.
    static final class PowerCut extends IOException {
        private static final long serialVersionUID = 1L;

        PowerCut(int step) {
            super("power cut before step " + step);
        }
    }

    /// A change of a name that is not durable yet.
    private record NameChange(Path directory, Undo undo) {}

    /// Takes a change back.
    private interface Undo {
        void run() throws IOException;
    }

    /// A file that can be renamed while its content is not durable.
    private static final class Content {
        private Path path;

        Content(Path path) {
            this.path = path;
        }
    }

    private final Path graveyard;
    private final int cutBefore;
    private final List<NameChange> names = new ArrayList<>();
    private final Map<Path, Content> contents = new HashMap<>();
    private int step;
    private int graves;
    private boolean repaired;

    /// @param graveyard an empty directory for what might come back
    /// @param cutBefore step before which the power fails, from 1
    PowerCutFiles(Path graveyard, int cutBefore) {
        this.graveyard = graveyard;
        this.cutBefore = cutBefore;
    }

    /// True if there were not enough steps for the cut to come.
    boolean survived() {
        return step < cutBefore;
    }

    /// Lets steps succeed again: the fault was one of the disk, not of the power.
    void repair() {
        repaired = true;
    }

    /// Takes [#repair] back, and counts steps from here.
    void breakAgain() {
        repaired = false;
        step = 0;
    }

    private void step() throws IOException {
        step++;
        if (step >= cutBefore && !repaired) {
            throw new PowerCut(step);
        }
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        step();
        if (!Files.exists(directory)) {
            LOCAL.createDirectory(directory);
            names.add(new NameChange(parent(directory), () -> deleteTree(directory)));
        }
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        step();
        boolean there = Files.exists(file);
        LOCAL.write(file, content);
        written(file, there);
    }

    @Override
    public void occupy(Path file, int sizeBytes) throws IOException {
        step();
        boolean there = Files.exists(file);
        LOCAL.occupy(file, sizeBytes);
        written(file, there);
    }

    private void written(Path file, boolean there) {
        contents.putIfAbsent(file, new Content(file));
        if (!there) {
            names.add(new NameChange(parent(file), () -> Files.deleteIfExists(file)));
        }
    }

    @Override
    public void createSparse(Path file, long sizeBytes) throws IOException {
        step();
        LOCAL.createSparse(file, sizeBytes);
        contents.putIfAbsent(file, new Content(file));
        names.add(new NameChange(parent(file), () -> Files.deleteIfExists(file)));
    }

    @Override
    public void sync(Path file) throws IOException {
        step();
        LOCAL.sync(file);
        contents.remove(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        step();
        Path grave = Files.exists(to) ? copyToGrave(to) : null;
        LOCAL.rename(from, to);
        Content moved = contents.remove(from);
        contents.remove(to);
        if (moved != null) {
            moved.path = to;
            contents.put(to, moved);
        }
        names.add(
                new NameChange(
                        parent(to),
                        () -> {
                            Files.move(to, from);
                            if (grave != null) {
                                Files.move(grave, to);
                            }
                        }));
    }

    @Override
    public void delete(Path path) throws IOException {
        step();
        if (Files.isDirectory(path)) {
            LOCAL.delete(path);
            names.add(new NameChange(parent(path), () -> Files.createDirectory(path)));
            return;
        }
        Path grave = graveyard.resolve("grave" + graves++);
        Files.move(path, grave);
        contents.remove(path);
        names.add(new NameChange(parent(path), () -> Files.move(grave, path)));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step();
        LOCAL.syncDirectory(directory);
        names.removeIf(change -> change.directory().equals(directory));
    }

    /// Plays the disk after the cut.
    ///
    /// @param random decides what is lost, within what may be
    void loseUnsynced(Random random) throws IOException {
        for (Content content : contents.values()) {
            try (var file = new RandomAccessFile(content.path.toFile(), "rw")) {
                file.setLength(random.nextLong(file.length() + 1));
            }
        }
        int kept = random.nextInt(names.size() + 1);
        for (int i = names.size() - 1; i >= kept; i--) {
            names.get(i).undo().run();
        }
    }

    private Path copyToGrave(Path path) throws IOException {
        Path grave = graveyard.resolve("grave" + graves++);
        return Files.copy(path, grave, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(path.toString());
        }
        return parent;
    }

    private static void deleteTree(Path root) throws IOException {
        try (var paths = Files.walk(root)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
