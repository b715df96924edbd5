package io.cowherd.drill;

import io.cowherd.config.HostPort;
import io.cowherd.drill.initiator.Dialer;
import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A target in memory, written apart from the real one, that answers on the thread that asks. A test says how it misbehaves. Its
/// time goes on only while somebody waits.
class FakeDisk implements Dialer, HostClock {
    static final HostPort FIRST = new HostPort("first", 3260);
    static final HostPort SECOND = new HostPort("second", 3260);
    static final String TARGET = "iqn.2026-11.io.cowherd:g.v";
    static final int WAIT_NANOS = 1_000_000_000;

    private static final int NO_TAG = -1;

    final Map<Long, byte[]> blocks = new HashMap<>();
    final List<String> heard = new ArrayList<>();
    final List<Integer> sent = new ArrayList<>();
    final Set<Long> isids = new HashSet<>();
    private long now;

    // What a test may change: all is well by default

    /// Before a command is executed: status and sense to answer instead, or 0.
    int refusal() {
        return 0;
    }

    /// A write: by default it is done.
    void write(long block, byte[] content) {
        blocks.put(block, content);
    }

    /// A read: by default what is there.
    byte[] read(long block) {
        return blocks.getOrDefault(block, new byte[BlockPattern.BLOCK_BYTES]);
    }

    /// Status and, for a redirect, portal of a login.
    String loginAnswer(HostPort portal) {
        return "0";
    }

    /// What happens to the connection at a step: the request with that number before it is taken, or its answer.
    Break breaks(HostPort portal, boolean isAnswer) {
        return Break.NOTHING;
    }

    /// A PDU that goes before the answer of a command, or none.
    byte[] aside() {
        return new byte[0];
    }

    /// How a connection goes wrong.
    enum Break {
        NOTHING,
        /// The connection ends.
        CLOSED,
        /// Nothing comes any more.
        SILENCE
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public void pause(Duration duration) {
        now += duration.toNanos();
    }

    @Override
    public Wire dial(HostPort portal) throws IOException {
        heard.add("dial " + portal.host());
        return new FakeWire(portal);
    }

    /// A PDU with these fields; the rest is zero.
    static ByteBuffer pdu(int opcode, int flags, int itt, byte[] data) {
        ByteBuffer pdu = ByteBuffer.allocate(48 + ((data.length + 3) & ~3));
        pdu.put(0, (byte) opcode).put(1, (byte) flags).putInt(4, data.length).putInt(16, itt);
        return pdu.putInt(20, NO_TAG).putInt(32, 1000).put(48, data);
    }

    private final class FakeWire implements Wire {
        private final HostPort portal;
        private final Deque<Byte> toRead = new ArrayDeque<>();
        private Break state = Break.NOTHING;
        private int statSn = 7;

        FakeWire(HostPort portal) {
            this.portal = portal;
        }

        @Override
        public void send(ByteBuffer bytes) throws IOException {
            ByteBuffer request = ByteBuffer.allocate(bytes.remaining()).put(bytes).clear();
            int opcode = request.get(0) & 0x3F;
            sent.add(opcode);
            if (opcode != 0x00) { // pings do not count
                fail(false);
            }
            if (state == Break.CLOSED) {
                throw new IOException("broken pipe");
            }
            if (state == Break.NOTHING) {
                take(opcode, request);
            }
        }

        private void fail(boolean isAnswer) {
            if (state == Break.NOTHING) {
                state = breaks(portal, isAnswer);
            }
        }

        private void take(int opcode, ByteBuffer request) {
            ByteBuffer answer =
                    switch (opcode) {
                        case 0x00 -> null; // NOP-Out wants no answer of ours
                        case 0x01 -> command(request);
                        case 0x03 -> login(request);
                        case 0x04 -> sendTargets(request);
                        case 0x06 -> pdu(0x26, 0x80, request.getInt(16), new byte[0]);
                        default -> throw new AssertionError(opcode);
                    };
            if (answer == null) {
                return;
            }
            fail(true);
            if (state == Break.NOTHING) {
                put(answer.putInt(24, statSn++));
            }
        }

        private void put(ByteBuffer answer) {
            for (int i = 0; i < answer.limit(); i++) {
                toRead.add(answer.get(i));
            }
        }

        private ByteBuffer login(ByteBuffer request) {
            String[] said = loginAnswer(portal).split(" ", 2);
            int status = Integer.parseInt(said[0], 16);
            isids.add(request.getLong(8) >>> 16);
            heard.add("login " + portal.host() + " " + said[0]);
            String text = status >> 8 == 1 ? "TargetAddress=" + said[1] + ",1\0" : "";
            byte[] data = text.getBytes(StandardCharsets.UTF_8);
            ByteBuffer answer = pdu(0x23, request.get(1), request.getInt(16), data);
            return answer.putLong(8, request.getLong(8) | 5).putShort(36, (short) status);
        }

        private ByteBuffer sendTargets(ByteBuffer request) {
            String text =
                    "TargetName=iqn.other\0TargetAddress=elsewhere:1,1\0TargetName=%s\0TargetAddress=%s,1\0TargetAddress=%s,2\0"
                            .formatted(TARGET, FIRST, SECOND);
            byte[] data = text.getBytes(StandardCharsets.UTF_8);
            return pdu(0x24, 0x80, request.getInt(16), data);
        }

        private ByteBuffer command(ByteBuffer request) {
            int itt = request.getInt(16);
            ByteBuffer aside = ByteBuffer.wrap(aside());
            if (aside.hasRemaining()) {
                put(aside.putInt(24, statSn));
            }
            int refusal = refusal();
            if (refusal != 0) {
                byte[] sense = new byte[20];
                ByteBuffer fixed = ByteBuffer.wrap(sense).put(1, (byte) 18).put(2, (byte) 0x70);
                fixed.put(4, (byte) (refusal >> 16)).putShort(14, (short) refusal);
                boolean isBusy = refusal == 0x08;
                ByteBuffer answer = pdu(0x21, 0x80, itt, isBusy ? new byte[0] : sense);
                return answer.put(3, (byte) (isBusy ? refusal : 2));
            }
            long block = request.getLong(34) / 8;
            switch (request.get(32)) {
                case (byte) 0x88 -> {
                    return pdu(0x25, 0x81, itt, read(block));
                }
                case (byte) 0x8A -> {
                    byte[] content = new byte[BlockPattern.BLOCK_BYTES];
                    request.get(48, content);
                    write(block, content);
                }
                default -> {} // TEST UNIT READY
            }
            return pdu(0x21, 0x80, itt, new byte[0]);
        }

        @Override
        public void receive(ByteBuffer room) throws IOException {
            if (toRead.isEmpty()) {
                if (state == Break.CLOSED) {
                    throw new EOFException("closed");
                }
                now += WAIT_NANOS;
                throw new SocketTimeoutException("nothing");
            }
            while (room.hasRemaining()) {
                room.put(toRead.remove());
            }
        }

        @Override
        public void close() {
            state = Break.CLOSED;
        }
    }
}
