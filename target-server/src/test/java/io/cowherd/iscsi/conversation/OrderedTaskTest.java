package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.target.IoPool;
import io.cowherd.scsi.target.ScsiTargetDevice;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: what is aborted together never starts, over the wire and with real logical units. Method: an ORDERED write waits
/// for its data, a write behind it is complete and held back; however both end, not a byte may change.
@ExtendWith(LeakWatch.class)
@Timeout(60)
class OrderedTaskTest {
    private static final String DISK = "iqn.2026-11.io.cowherd:test.disk";
    private static final int BLOCK = 512;
    private static final int ORDERED_WRITE = 0x80 | 0x20 | 2;
    private static final int SIMPLE_WRITE = 0x80 | 0x20 | 1;

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final ScsiTargetDevice device = new ScsiTargetDevice(DISK, Limits.DEFAULTS, pool);
    private final Conversation conversation = new Conversation();
    private final byte[] before = memory.get();
    private ScriptedInitiator initiator = conversation.initiator();

    @BeforeEach
    void anOrderedWriteHoldsAnother() {
        var settings =
                new LogicalUnit.Settings(
                        LogicalUnit.Access.READ_WRITE, LogicalUnit.WriteCache.VOLATILE, 1 << 20);
        device.addLun(0, new LogicalUnit(memory, new Identity(new UUID(1, 2), "disk"), settings));
        conversation.targets.add(new TargetEntry(DISK, "disk", device));
        initiator.logsIn(DISK, "ImmediateData=Yes");
        initiator.sends(initiator.testUnitReady());
        initiator.receives(0x21); // power on
        initiator.sends(write(1, ORDERED_WRITE, 7, 2).with(new byte[BLOCK]));
        initiator.receives(0x31);
        initiator.sends(write(2, SIMPLE_WRITE, 20, 1).with(new byte[BLOCK]));
        initiator.sync();
        assertArrayEquals(before, memory.get(), "it is held back");
    }

    @AfterEach
    void stop() {
        conversation.close();
        eventually("no nexus is left", () -> device.nexuses().isEmpty());
        assertArrayEquals(before, memory.get());
        pool.close();
    }

    private Pdu write(int itt, int flags, int lba, int blocks) {
        return initiator.command(
                itt, flags, blocks * BLOCK, ScriptedInitiator.rw10(0x2A, lba, blocks));
    }

    /// ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET WARM RESET.
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5, 6})
    void aFunctionAbortsBoth(int function) {
        initiator.sends(initiator.taskManagement(function, -1));
        assertEquals(0, initiator.receives(0x22).u8(2));
        assertEquals(0, conversation.server.bufferedBytes());
        initiator.sync();
    }

    @Test
    void eachIsAbortedByItself() {
        // In one segment: a host that aborts its tasks one by one does not pause in between.
        byte[] oldest = initiator.encode(initiator.taskManagement(1, 1));
        byte[] newest = initiator.encode(initiator.taskManagement(1, 2));
        byte[] both = Arrays.copyOf(oldest, oldest.length + newest.length);
        System.arraycopy(newest, 0, both, oldest.length, newest.length);
        initiator.raw(both);
        assertEquals(0, initiator.receives(0x22).u8(2));
        assertEquals(0, initiator.receives(0x22).u8(2));
    }

    @Test
    void theConnectionBreaks() {
        initiator.close();
    }

    @Test
    void theInitiatorLogsOut() {
        initiator.sends(initiator.logout(0));
        assertEquals(0, initiator.receives(0x26).u8(2));
        initiator.seesClose();
    }

    @Test
    void theServerDropsTheSession() {
        Conversation.await(conversation.server.disconnect(DISK, "removed"));
    }

    @Test
    void theHostLogsInAgain() {
        ScriptedInitiator again = conversation.initiator();
        again.logsIn(DISK);
        again.sync();
        initiator.seesClose();
    }
}
