package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.target.IoPool;
import io.cowherd.scsi.target.ScsiTargetDevice;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/// Goal: storage that hangs holds up whoever waits for it and nobody else, and what it does in the end is never done over what
/// came later. Method: a write of a real logical unit is stopped in the device.
@ExtendWith(LeakWatch.class)
@Timeout(60)
class HungStorageTest {
    private static final String DISK = "iqn.2026-11.io.cowherd:test.disk";
    private static final String HOST = "iqn.1993-08.org.debian:01:host";
    private static final int BLOCK = 512;
    private static final int LBA = 7;
    private static final byte[] OLD = block(0x11);
    private static final byte[] NEW = block(0x22);

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final GatedDevice gated = new GatedDevice(memory);
    private final GatedDevice.Gate gate =
            gated.holdBefore(
                    each -> each.is(Kind.WRITE) && each.touches((long) LBA * BLOCK, BLOCK));
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final List<Runnable> alarms = new CopyOnWriteArrayList<>();
    private final ScsiTargetDevice device =
            new ScsiTargetDevice(
                    DISK,
                    Limits.DEFAULTS,
                    pool,
                    PortGroups.SINGLE,
                    (_, action) -> alarms.add(action));
    private final Conversation conversation = new Conversation();
    private final ScriptedInitiator old = conversation.initiator();

    private static byte[] block(int fill) {
        byte[] bytes = new byte[BLOCK];
        Arrays.fill(bytes, (byte) fill);
        return bytes;
    }

    @BeforeEach
    void aWriteHangs() throws Exception {
        var settings =
                new LogicalUnit.Settings(
                        LogicalUnit.Access.READ_WRITE, LogicalUnit.WriteCache.VOLATILE, 1 << 20);
        device.addLun(0, new LogicalUnit(gated, new Identity(new UUID(1, 2), "disk"), settings));
        conversation.targets.add(new TargetEntry(DISK, "disk", device));
        logsIn(old, HOST);
        old.sends(write(old, 1, OLD));
        gate.awaitArrival();
    }

    @AfterEach
    void stop() {
        gate.open();
        conversation.close();
        eventually("no nexus is left", () -> device.nexuses().isEmpty());
        pool.close();
    }

    private static void logsIn(ScriptedInitiator host, String name) {
        host.logsInAs(name, DISK, "ImmediateData=Yes");
        host.sends(host.testUnitReady());
        host.receives(0x21); // power on, or a lost nexus
    }

    private static Pdu write(ScriptedInitiator host, int itt, byte[] data) {
        return host.command(itt, 0xA1, BLOCK, rw10(0x2A, LBA, 1)).with(data);
    }

    @Test
    void whatAHostWroteBeforeItCameBackNeverLandsOnWhatItWroteAfter() {
        var back = conversation.initiator();
        back.sends(back.login(0x87, "InitiatorName=" + HOST, "TargetName=" + DISK));
        old.seesClose();
        conversation.timers.advance(Limits.DEFAULTS.reinstatementTimeoutMillis());
        assertEquals(0x0301, back.receives(0x23).u16(36), "try again");
        back.seesClose();
        assertEquals(1, device.nexuses().size(), "only the old one, whose write is on its way");
        gate.open();
        eventually("the old session has ended", () -> device.nexuses().isEmpty());
        assertArrayEquals(OLD, memory.get((long) LBA * BLOCK, BLOCK), "before anybody came in");
        var again = conversation.initiator();
        logsIn(again, HOST);
        again.sends(write(again, 1, NEW));
        assertEquals(0, again.receives(0x21).u8(3));
        assertArrayEquals(NEW, memory.get((long) LBA * BLOCK, BLOCK));
    }

    @Test
    void taskManagementGivesUpAndSaysSo() {
        old.sends(old.taskManagement(5, -1));
        old.sync(); // is served meanwhile
        assertEquals(1, alarms.size());
        alarms.forEach(Runnable::run);
        assertEquals(255, old.receives(0x22).u8(2), "function rejected");
        old.sync();
        gate.open();
        eventually("the write has ended", () -> Arrays.equals(OLD, memory.get(LBA * BLOCK, BLOCK)));
        old.sync();
    }

    @Test
    void othersLogInReadAndWrite() {
        var other = conversation.initiator();
        logsIn(other, "iqn.other:x");
        other.sends(other.read10(2, LBA, 1));
        assertEquals(0x25, other.receives().opcode());
        other.sends(other.command(3, 0xA1, BLOCK, rw10(0x2A, LBA + 1, 1)).with(NEW));
        assertEquals(0, other.receives(0x21).u8(3));
        assertArrayEquals(NEW, memory.get((LBA + 1L) * BLOCK, BLOCK));
    }
}
