package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.access.LunRights;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.ScsiTarget;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.TaskManagement;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A host and its transport: sends commands as an iSCSI connection would. The test's own thread is its event loop, which
/// turns only while the test waits for something.
public final class TestHost {
    /// A test that waits longer than this has hung.
    private static final long PATIENCE_SECONDS = 30;

    private static final long LUN_0 = 0;

    private final BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    private final Nexus nexus;
    public int attentionCalls;

    /// What came back.
    ///
    /// @param status SAM status
    /// @param sense key, ASC and ASCQ like `5/24/00`, or empty
    /// @param data what was put into the room
    /// @param length what the command produced, whatever the room
    public record Answer(int status, String sense, ByteBuffer data, int length) {
        public byte[] bytes() {
            byte[] bytes = new byte[data.remaining()];
            data.duplicate().get(bytes);
            return bytes;
        }

        public String hex() {
            return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes());
        }

        /// GOOD.
        public Answer good() {
            assertEquals("", sense);
            assertEquals(0, status);
            return this;
        }
    }

    /// A command on its way.
    public final class Sent implements Task.Completion {
        public final Task task;
        private final ByteBuffer in;
        public int completions;

        Sent(Task task, int room) {
            this.task = task;
            this.in = ByteBuffer.allocateDirect(room);
        }

        @Override
        public void completed(Task ended) {
            completions++;
        }

        public void execute(byte[] out) {
            ByteBuffer direct = ByteBuffer.allocateDirect(out.length).put(out).flip();
            task.execute(direct, in, this);
        }

        public boolean isDone() {
            return completions > 0;
        }

        public Answer await() {
            turnUntil(this::isDone);
            assertEquals(1, completions);
            ByteBuffer sense = task.sense();
            return new Answer(
                    task.status() & 0xFF,
                    sense.hasRemaining() ? describe(sense) : "",
                    in.flip(),
                    task.dataInLength());
        }
    }

    /// Opens a nexus and leaves its unit attentions pending.
    public TestHost(ScsiTarget target, String name) {
        this(target, name, 1);
    }

    /// The same by another of the target's ports.
    public TestHost(ScsiTarget target, String name, int relativePort) {
        this.nexus = target.open(name + ",i,0x00023d000001", relativePort, loop::add);
        nexus.onAttention(() -> attentionCalls++);
    }

    /// Opens a nexus whose host has been told everything about LUN 0.
    public static TestHost ready(ScsiTarget target, String name) {
        return ready(target, name, 1);
    }

    /// The same by another of the target's ports.
    public static TestHost ready(ScsiTarget target, String name, int relativePort) {
        TestHost host = new TestHost(target, name, relativePort);
        while (host.send("00 00 00 00 00 00").status() != 0) {}
        return host;
    }

    /// Sends a command to LUN 0 with all the room that it asks for.
    public Answer send(String cdb) {
        return begin(LUN_0, cdb).await();
    }

    /// Sends a command with data to LUN 0.
    public Answer send(String cdb, byte[] out) {
        Task task = take(LUN_0, cdb, TaskAttribute.SIMPLE);
        Sent sent = new Sent(task, task.dataInBytes());
        if (out.length != task.dataOutBytes()) {
            task.announced(out.length);
        }
        sent.execute(java.util.Arrays.copyOf(out, Math.min(out.length, task.dataOutBytes())));
        return sent.await();
    }

    /// Sends a reading command whose expected data transfer length is `room`.
    public Answer receive(String cdb, int room) {
        Task task = take(LUN_0, cdb, TaskAttribute.SIMPLE);
        Sent sent = new Sent(task, Math.min(room, task.dataInBytes()));
        sent.execute(new byte[0]);
        return sent.await();
    }

    /// Begins and executes a command without data-out, and does not wait.
    public Sent begin(long lun, String cdb) {
        Sent sent = hold(lun, cdb, TaskAttribute.SIMPLE);
        sent.execute(new byte[0]);
        return sent;
    }

    /// Begins and executes a command with data-out, and does not wait.
    public Sent begin(String cdb, byte[] out, TaskAttribute attribute) {
        Sent sent = hold(LUN_0, cdb, attribute);
        sent.execute(out);
        return sent;
    }

    /// Begins a command, as if its data were still to come.
    public Sent hold(long lun, String cdb, TaskAttribute attribute) {
        Task task = take(lun, cdb, attribute);
        return new Sent(task, task.dataInBytes());
    }

    public Task take(long lun, String cdb, TaskAttribute attribute) {
        byte[] bytes = HexFormat.of().parseHex(cdb.replace(" ", ""));
        ByteBuffer padded = ByteBuffer.allocate(20).position(2); // the position must not matter
        padded.put(bytes).position(2);
        return nexus.begin(lun, padded, attribute);
    }

    public TaskManagement.@Nullable Response manage(TaskManagement function, long lun) {
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        nexus.manage(function, lun, r -> response[0] = r);
        turnUntil(() -> response[0] != null);
        return response[0];
    }

    public void show(LunRights rights) {
        show(new Host("iqn.host", "192.0.2.1", null), rights);
    }

    public void show(@Nullable Host who, LunRights rights) {
        nexus.show(who, rights);
    }

    public void manage(
            TaskManagement function,
            long lun,
            java.util.function.Consumer<TaskManagement.Response> done) {
        nexus.manage(function, lun, done);
    }

    public void close() {
        boolean[] closed = new boolean[1];
        close(() -> closed[0] = true);
        turnUntil(() -> closed[0]);
    }

    public void close(Runnable done) {
        nexus.close(done);
    }

    /// Does what has been posted so far.
    public void turn() {
        for (Runnable next = loop.poll(); next != null; next = loop.poll()) {
            next.run();
        }
    }

    /// Turns the loop until something has come true.
    public void turnUntil(BooleanSupplier happened) {
        while (!happened.getAsBoolean()) {
            try {
                Runnable next = loop.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError(
                            "Nothing has happened for " + PATIENCE_SECONDS + " s.");
                }
                next.run();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /// Like `5/24/00`, from either format.
    static String describe(ByteBuffer sense) {
        int at = sense.position();
        boolean descriptor = (sense.get(at) & 0x7F) >= 0x72;
        int key = sense.get(at + (descriptor ? 1 : 2)) & 0x0F;
        int asc = sense.get(at + (descriptor ? 2 : 12)) & 0xFF;
        int ascq = sense.get(at + (descriptor ? 3 : 13)) & 0xFF;
        return "%X/%02X/%02X".formatted(key, asc, ascq);
    }
}
