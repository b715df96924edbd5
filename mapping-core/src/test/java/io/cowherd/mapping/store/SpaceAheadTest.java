package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.device.ThinDevice;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Storage ahead of what is written: how much, how often, and what happens where there is too little.
class SpaceAheadTest {
    private static final long MIB = 1 << 20;
    private static final int CHUNK = 32 * 1024;

    private final ThinDevice thin = new ThinDevice(new MemoryDevice(1024 * MIB), true);
    private final CountingDevice cow = new CountingDevice(thin);
    private final SpaceAhead space = new SpaceAhead(cow, CHUNK);

    private List<String> asked() {
        var asked = cow.operations().stream().map(DeviceOperation::toString).toList();
        cow.clear();
        return asked;
    }

    @Test
    void littleAtFirstThenMoreAtOnce() throws IOException {
        space.ensure(2 * CHUNK);
        assertEquals(List.of("ALLOCATE 32768+1015808"), asked());
        space.ensure(MIB);
        assertEquals(List.of(), asked());
        space.ensure(MIB + CHUNK);
        assertEquals(List.of("ALLOCATE 1048576+2097152"), asked());
        for (long end = 3 * MIB; end <= 1024 * MIB; end += CHUNK) {
            space.ensure(end);
        }
        long most =
                cow.operations().stream().mapToLong(DeviceOperation::lengthBytes).max().orElse(0);
        assertEquals(SpaceAhead.LAST_STEP_BYTES, most);
        assertTrue(cow.count(Kind.ALLOCATE) < 25, cow.count(Kind.ALLOCATE) + " calls");
        assertEquals(1024 * MIB - CHUNK, thin.storedBytes());
    }

    @Test
    void aBatchLargerThanAStepIsOneCall() throws IOException {
        space.ensure(8 * MIB);
        assertEquals(List.of("ALLOCATE 32768+9404416"), asked());
    }

    /// Goal: the last room goes to those who need it. What a step got hold of in vain is given back.
    @Test
    void withoutRoomForAStepItIsJustWhatIsNeeded() throws IOException {
        thin.room(5 * CHUNK);
        space.ensure(2 * CHUNK);
        assertEquals(CHUNK, thin.storedBytes());
        space.ensure(4 * CHUNK);
        assertEquals(3 * CHUNK, thin.storedBytes());
        thin.room(ThinDevice.ENDLESS);
        space.ensure(5 * CHUNK);
        assertEquals(MIB - CHUNK, thin.storedBytes());
    }

    @Test
    void withoutRoomForThatItIsRefusedAndCanBeTriedAgain() throws IOException {
        thin.room(CHUNK);
        assertThrows(NoSpaceException.class, () -> space.ensure(3 * CHUNK));
        assertThrows(NoSpaceException.class, () -> space.ensure(3 * CHUNK));
        space.ensure(2 * CHUNK);
        thin.room(ThinDevice.ENDLESS);
        space.ensure(3 * CHUNK);
        assertEquals(MIB - CHUNK, thin.storedBytes());
    }

    @Test
    void whatCannotAllocateIsAskedOnceAStep() throws IOException {
        var coarse = new CountingDevice(new ThinDevice(new MemoryDevice(8 * MIB), false));
        var without = new SpaceAhead(coarse, 0);
        for (long end = CHUNK; end <= 8 * MIB; end += CHUNK) {
            without.ensure(end);
        }
        assertEquals(4, coarse.count(Kind.ALLOCATE));
    }
}
