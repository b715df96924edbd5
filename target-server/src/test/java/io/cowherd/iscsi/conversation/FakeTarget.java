package io.cowherd.iscsi.conversation;

import io.cowherd.config.access.LunRights;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus;
import io.cowherd.scsi.ScsiTarget;
import io.cowherd.scsi.Task;
import io.cowherd.scsi.TaskManagement;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A disk in memory at LUN 0 that starts with a pattern: byte `i` is [#pattern]. Understands TEST UNIT READY, INQUIRY,
/// REPORT LUNS, READ CAPACITY (10), READ (10), WRITE (10); [#PARKED_READ] is a READ (10) that completes when the test says
/// so, and [#LATER_READ] one that completes from another thread. A REQUEST SENSE misbehaves on purpose: it has more data
/// than room.
final class FakeTarget implements ScsiTarget {
    static final int BLOCK_BYTES = 512;
    static final int BLOCKS = 16_384;
    static final int PARKED_READ = 0xC0;
    static final int LATER_READ = 0xC1;
    static final int PARKED_WRITE = 0xC2;
    static final int INQUIRY_BYTES = 36;

    private final byte[] disk = new byte[BLOCK_BYTES * BLOCKS];
    private final List<FakeTask> parked = new CopyOnWriteArrayList<>();
    private final ConcurrentHashMap<FakeNexus, String> open = new ConcurrentHashMap<>();
    final AtomicInteger opened = new AtomicInteger();
    final List<Long> announced = new CopyOnWriteArrayList<>();
    final List<LunRights> shown = new CopyOnWriteArrayList<>();
    final List<String> hosts = new CopyOnWriteArrayList<>();
    volatile boolean managesNothing;

    /// Parked commands that are aborted end only when the test releases them, as if their storage hung.
    volatile boolean hangs;

    FakeTarget() {
        for (int i = 0; i < disk.length; i++) {
            disk[i] = pattern(i);
        }
    }

    static byte pattern(int position) {
        return (byte) (position * 31 + (position >>> 9) * 7 + 1);
    }

    byte[] bytes(int offset, int length) {
        byte[] copy = new byte[length];
        System.arraycopy(disk, offset, copy, 0, length);
        return copy;
    }

    List<String> openPorts() {
        return List.copyOf(open.values());
    }

    int parkedCount() {
        return parked.size();
    }

    /// Lets parked commands complete.
    void releaseParked() {
        for (FakeTask task : List.copyOf(parked)) {
            parked.remove(task);
            task.loop.execute(task::finish);
        }
    }

    @Override
    public Nexus open(String initiatorPort, int relativeTargetPort, Executor loop) {
        FakeNexus nexus = new FakeNexus(loop);
        open.put(nexus, initiatorPort);
        opened.incrementAndGet();
        return nexus;
    }

    private final class FakeNexus implements Nexus {
        private final Executor loop;
        private final List<FakeTask> running = new ArrayList<>();
        private @Nullable Runnable whenIdle;

        FakeNexus(Executor loop) {
            this.loop = loop;
        }

        @Override
        public Task begin(long lun, ByteBuffer cdb, TaskAttribute attribute) {
            byte[] copy = new byte[16];
            cdb.get(copy);
            return new FakeTask(this, loop, copy, lun == 0);
        }

        @Override
        public void show(@Nullable Host host, LunRights rights) {
            shown.add(rights);
            hosts.add(Objects.toString(host));
        }

        @Override
        public void manage(
                TaskManagement function, long lun, Consumer<TaskManagement.Response> done) {
            if (lun != 0 && function.compareTo(TaskManagement.TARGET_WARM_RESET) < 0) {
                done.accept(TaskManagement.Response.NO_SUCH_LUN);
            } else if (!managesNothing) {
                List.copyOf(running).forEach(FakeTask::abort);
                loop.execute(() -> done.accept(TaskManagement.Response.COMPLETE));
            }
        }

        @Override
        public void close(Runnable done) {
            whenIdle =
                    () -> {
                        open.remove(this);
                        done.run();
                    };
            List.copyOf(running).forEach(FakeTask::abort);
            checkIdle();
        }

        @Override
        public void leave(Runnable done) {
            close(done);
        }

        @Override
        public void pathsChanged() {}

        void checkIdle() {
            Runnable listener = whenIdle;
            if (listener != null && running.isEmpty()) {
                whenIdle = null;
                listener.run();
            }
        }

        @Override
        public void onAttention(Runnable callback) {}
    }

    private final class FakeTask implements Task {
        private final FakeNexus nexus;
        final Executor loop;
        private final ByteBuffer cdb;
        private final int opcode;
        private final boolean lunExists;
        private @Nullable ByteBuffer in;
        private @Nullable ByteBuffer out;
        private @Nullable Completion completion;
        private boolean aborted;
        private byte status;
        private byte[] sense = new byte[0];
        private int length;

        FakeTask(FakeNexus nexus, Executor loop, byte[] cdb, boolean lunExists) {
            this.nexus = nexus;
            this.loop = loop;
            this.cdb = ByteBuffer.wrap(cdb);
            this.opcode = Byte.toUnsignedInt(cdb[0]);
            this.lunExists = lunExists;
        }

        private int lba() {
            return cdb.getInt(2);
        }

        private int transferBytes() {
            return Short.toUnsignedInt(cdb.getShort(7)) * BLOCK_BYTES;
        }

        private boolean inRange() {
            return lba() >= 0 && (long) lba() * BLOCK_BYTES + transferBytes() <= disk.length;
        }

        @Override
        public int dataOutBytes() {
            return isWrite() && inRange() ? transferBytes() : 0;
        }

        private boolean isWrite() {
            return opcode == 0x2A || opcode == PARKED_WRITE;
        }

        @Override
        public int dataInBytes() {
            return switch (opcode) {
                case 0x03 -> 18;
                case 0x12 -> Math.min(INQUIRY_BYTES, Short.toUnsignedInt(cdb.getShort(3)));
                case 0x25 -> 8;
                case 0xA0 -> 16;
                case 0x28, PARKED_READ, LATER_READ -> inRange() ? transferBytes() : 0;
                default -> 0;
            };
        }

        @Override
        public void announced(long expectedBytes) {
            announced.add(expectedBytes);
        }

        @Override
        public void execute(ByteBuffer dataOut, ByteBuffer dataIn, Completion completion) {
            if (!dataOut.isDirect() || !dataIn.isDirect()) {
                throw new AssertionError("Buffers must be direct.");
            }
            this.in = dataIn;
            this.out = dataOut;
            this.completion = completion;
            nexus.running.add(this);
            switch (opcode) {
                case PARKED_READ, PARKED_WRITE -> parked.add(this);
                case LATER_READ -> Thread.ofVirtual().start(() -> loop.execute(this::finish));
                default -> finish();
            }
        }

        void finish() {
            ByteBuffer dataIn = in;
            ByteBuffer dataOut = out;
            Completion listener = completion;
            if (dataIn == null || dataOut == null || listener == null) {
                return;
            }
            in = null;
            if (!aborted) {
                perform(dataOut, dataIn);
            }
            nexus.running.remove(this);
            listener.completed(this);
            nexus.checkIdle();
        }

        private void perform(ByteBuffer dataOut, ByteBuffer dataIn) {
            switch (opcode) {
                case 0x00 -> {}
                case 0x03 -> answer(dataIn, new byte[18]);
                case 0x12 -> answer(dataIn, inquiry());
                case 0x25 ->
                        answer(
                                dataIn,
                                ByteBuffer.allocate(8)
                                        .putInt(BLOCKS - 1)
                                        .putInt(BLOCK_BYTES)
                                        .array());
                case 0xA0 -> answer(dataIn, ByteBuffer.allocate(16).putInt(8).array());
                case 0x28, PARKED_READ, LATER_READ -> read(dataIn);
                case 0x2A, PARKED_WRITE -> write(dataOut);
                default -> check(5, 0x20);
            }
            if (!lunExists && opcode != 0x12 && opcode != 0xA0) {
                length = 0;
                check(5, 0x25);
            }
        }

        private byte[] inquiry() {
            byte[] data = new byte[dataInBytes()];
            byte[] all =
                    "\0\0\6\2\37\0\0\2COWHERD FAKE            0001"
                            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            System.arraycopy(all, 0, data, 0, Math.min(all.length, data.length));
            return data;
        }

        private void answer(ByteBuffer dataIn, byte[] data) {
            length = Math.min(data.length, dataInBytes());
            dataIn.put(data, 0, Math.min(length, dataIn.remaining()));
        }

        private void read(ByteBuffer dataIn) {
            if (!inRange()) {
                check(5, 0x21);
                return;
            }
            length = transferBytes();
            dataIn.put(disk, lba() * BLOCK_BYTES, Math.min(length, dataIn.remaining()));
        }

        private void write(ByteBuffer dataOut) {
            if (!inRange()) {
                check(5, 0x21);
                return;
            }
            dataOut.get(disk, lba() * BLOCK_BYTES, dataOut.remaining());
        }

        private void check(int key, int asc) {
            status = 2;
            sense = new byte[18];
            sense[0] = 0x70;
            sense[2] = (byte) key;
            sense[7] = 10;
            sense[12] = (byte) asc;
        }

        @Override
        public boolean hasStarted() {
            return completion != null;
        }

        @Override
        public void abort() {
            aborted = true;
            if (!hangs && parked.remove(this)) {
                loop.execute(this::finish);
            }
        }

        @Override
        public boolean aborted() {
            return aborted;
        }

        @Override
        public boolean respondsThoughAborted() {
            return false;
        }

        @Override
        public byte status() {
            return status;
        }

        @Override
        public ByteBuffer sense() {
            return ByteBuffer.wrap(sense);
        }

        @Override
        public int dataInLength() {
            return length;
        }
    }
}
