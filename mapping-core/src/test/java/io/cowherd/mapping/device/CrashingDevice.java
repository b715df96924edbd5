package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// A device with a volatile cache and no battery, on a [PowerSupply] that is cut.
///
/// Until a flush each **sector** written since has several possible contents: the durable one and each one written
/// later. [#afterCut] picks one for each sector by itself, seeded: writes are lost, reordered and torn between
/// sectors, never inside one, as disks promise. A [WriteMode#DURABLE] write makes its own sectors durable and no others,
/// as FUA does. The operation that the cut hits may have reached the cache in part.
///
/// **Threading.** *Thread-safe*: the power supply's monitor around each operation.
public final class CrashingDevice implements BlockDevice {
    /// How kind the cut is to what was not flushed.
    public enum Loss {
        /// Everything unflushed is gone.
        ALL,
        /// Each sector keeps one of its possible contents at random.
        SOME,
        /// Nothing is lost: the cache happened to be written out.
        NONE
    }

    private final PowerSupply power;
    private final MemoryDevice durable;
    private final MemoryDevice cached;
    private final Map<Long, List<byte[]>> unflushed = new TreeMap<>();

    /// @param content initial durable content; becomes this device's own
    /// @param power what is cut
    public CrashingDevice(MemoryDevice content, PowerSupply power) {
        this.power = power;
        this.durable = content;
        this.cached = content.copy();
    }

    /// What a machine finds on this device after the cut. Does not change this device: several outcomes can be drawn.
    public MemoryDevice afterCut(Loss loss, RandomGenerator random) {
        synchronized (power) {
            var survived = durable.copy();
            unflushed.forEach(
                    (sector, versions) -> {
                        int kept =
                                switch (loss) {
                                    case ALL -> -1;
                                    case SOME -> random.nextInt(-1, versions.size());
                                    case NONE -> versions.size() - 1;
                                };
                        if (kept >= 0) {
                            survived.put(sector, versions.get(kept));
                        }
                    });
            return survived;
        }
    }

    /// Draws how kind the cut is, then what is left: mostly [Loss#SOME].
    public MemoryDevice afterCut(RandomGenerator random) {
        int dice = random.nextInt(4);
        var loss = dice == 0 ? Loss.ALL : dice == 1 ? Loss.NONE : Loss.SOME;
        return afterCut(loss, random);
    }

    @Override
    public long sizeBytes() {
        return cached.sizeBytes();
    }

    @Override
    public int logicalBlockBytes() {
        return cached.logicalBlockBytes();
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        synchronized (power) {
            power.requirePower();
            cached.read(offsetBytes, target);
        }
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        read(offsetBytes, target);
        return true;
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        put(offsetBytes, bytes, mode);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        write(offsetBytes, source, WriteMode.CACHED);
        return true;
    }

    @Override
    public void flush() throws IOException {
        synchronized (power) {
            if (!power.draw()) {
                throw new PowerSupply.PowerCutException();
            }
            unflushed.forEach(
                    (sector, versions) -> durable.put(sector, versions.get(versions.size() - 1)));
            unflushed.clear();
        }
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        put(offsetBytes, new byte[Math.toIntExact(lengthBytes)], mode);
    }

    @Override
    public boolean supportsDiscard() {
        return true;
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
    }

    @Override
    public void close() {}

    private void put(long offsetBytes, byte[] bytes, WriteMode mode) throws IOException {
        synchronized (power) {
            boolean served = power.draw();
            cached.put(offsetBytes, bytes);
            for (int at = 0; at < bytes.length; at += SECTOR_BYTES) {
                byte[] sector = new byte[SECTOR_BYTES];
                System.arraycopy(bytes, at, sector, 0, SECTOR_BYTES);
                if (served && mode == WriteMode.DURABLE) {
                    unflushed.remove(offsetBytes + at);
                    durable.put(offsetBytes + at, sector);
                } else {
                    unflushed.computeIfAbsent(offsetBytes + at, _ -> new ArrayList<>()).add(sector);
                }
            }
            if (!served) {
                throw new PowerSupply.PowerCutException();
            }
        }
    }
}
