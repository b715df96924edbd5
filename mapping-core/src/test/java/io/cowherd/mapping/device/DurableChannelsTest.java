package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where durable writes go. What Linux does then, a test cannot see; that they go there, it can.
class DurableChannelsTest {
    private static final int O_DSYNC = 0x1000;

    @TempDir private Path directory;

    /// Goal: no two durable writes in flight share an open file, so that neither is told of the other's failure instead of its
    /// own; and each such file is one of `O_DSYNC`, also when the file has been renamed since.
    @Test
    void eachWriteInFlightHasAnOpenFileOfItsOwn() throws Exception {
        var path = directory.resolve("a.new");
        try (var device = FileDevice.create(path, 1 << 20)) {
            int before = durablyOpen("a.new");
            Files.move(path, directory.resolve("a"));
            var taken = takeAll(device.durableWrites());
            assertEquals(DurableChannels.MOST, new HashSet<>(taken).size());
            if (Files.isDirectory(Path.of("/proc/self/fdinfo"))) {
                assertEquals(1, before);
                assertEquals(DurableChannels.MOST, durablyOpen("a"));
            }
            taken.forEach(device.durableWrites()::giveBack);
            assertEquals(new HashSet<>(taken), new HashSet<>(takeAll(device.durableWrites())));
        }
        assertEquals(0, durablyOpen("a"));
    }

    /// Goal: a durable write goes to one of these files and to no other (I8). Method: all of them are in use; it waits, and a
    /// cached one does not.
    @Test
    void aDurableWriteWaitsForOne() throws Exception {
        try (var device = FileDevice.create(directory.resolve("a"), 1 << 20)) {
            var taken = takeAll(device.durableWrites());
            device.write(0, sector(7), WriteMode.CACHED);
            var write =
                    new FutureTask<Void>(
                            () -> {
                                device.write(512, sector(8), WriteMode.DURABLE);
                                return null;
                            });
            var thread = Thread.ofPlatform().daemon().start(write);
            while (thread.getState() != Thread.State.WAITING) {
                assertFalse(write.isDone(), "it has not been written durably");
                Thread.onSpinWait();
            }
            device.durableWrites().giveBack(taken.getFirst());
            write.get(30, TimeUnit.SECONDS);
            var found = ByteBuffer.allocate(1024);
            device.read(0, found);
            assertEquals(sector(7), found.slice(0, 512));
            assertEquals(sector(8), found.slice(512, 512));
        }
    }

    private static ByteBuffer sector(long number) {
        return ByteBuffer.wrap(MemoryDevice.numberedSector(number));
    }

    private static List<FileChannel> takeAll(DurableChannels channels) throws IOException {
        var taken = new ArrayList<FileChannel>();
        for (int i = 0; i < DurableChannels.MOST; i++) {
            taken.add(channels.borrow());
        }
        return taken;
    }

    /// How many descriptors of this process are open for durable writes to a file of that name (proc(5)).
    private int durablyOpen(String name) throws IOException {
        var descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return 0;
        }
        var file = directory.toRealPath().resolve(name);
        int found = 0;
        try (var all = Files.newDirectoryStream(descriptors)) {
            for (var each : all) {
                if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).equals(file)) {
                    var info = Path.of("/proc/self/fdinfo").resolve(each.getFileName());
                    for (var line : Files.readAllLines(info)) {
                        if (line.startsWith("flags:")) {
                            int flags = Integer.parseInt(line.substring(6).strip(), 8);
                            found += (flags & O_DSYNC) != 0 ? 1 : 0;
                        }
                    }
                }
            }
        }
        return found;
    }
}
