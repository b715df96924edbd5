package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginOffer;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.target.IoPool;
import io.cowherd.scsi.target.ScsiTargetDevice;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A LUN that may not be written, as Windows wants it: MODE SENSE says so, a write is told so, and all data that comes
/// with it is taken in first (spec/initiators.md b.3).
@ExtendWith(LeakWatch.class)
class ReadOnlyLunTest {
    private static final String DISK = "iqn.2026-11.io.cowherd:test.disk";
    private static final int LENGTH = 64 << 10;
    private static final int IMMEDIATE = 8 << 10;

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final byte[] before = memory.get();
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final ScsiTargetDevice device = new ScsiTargetDevice(DISK, Limits.DEFAULTS, pool);
    private final Conversation conversation =
            new Conversation(Limits.DEFAULTS, LoginOffer.UnsolicitedDataOut.GRANTED);
    private final ScriptedInitiator host = conversation.initiator();

    @BeforeEach
    void logIn() {
        var settings =
                new LogicalUnit.Settings(
                        LogicalUnit.Access.READ_ONLY, LogicalUnit.WriteCache.VOLATILE, 1 << 20);
        device.addLun(0, new LogicalUnit(memory, new Identity(new UUID(1, 2), "disk"), settings));
        conversation.targets.add(new TargetEntry(DISK, "disk", device));
        host.logsIn(DISK, "InitialR2T=No", "ImmediateData=Yes", "FirstBurstLength=65536");
        host.sends(host.testUnitReady());
        host.receives(0x21);
    }

    @AfterEach
    void stop() {
        conversation.close();
        eventually("no nexus is left", () -> device.nexuses().isEmpty());
        assertArrayEquals(before, memory.get());
        pool.close();
    }

    @Test
    void modeSenseSaysSo() {
        host.sends(host.command(1, 0xC1, 4, 0x1A, 0, 0x3F, 0, 4, 0));
        Pdu modes = host.receives(0x25);
        assertEquals(0x90, modes.data[2] & 0xFF, "WP and DPOFUA");
    }

    @Test
    void allDataOfARefusedWriteIsTakenIn() {
        host.sends(
                host.command(1, 0x21, LENGTH, rw10(0x2A, 0, LENGTH / 512))
                        .with(new byte[IMMEDIATE])); // not final: more comes unasked
        host.sends(host.read10(2, 0, 1)); // the next command does not wait
        assertEquals(2, host.receives(0x25).itt());
        int sn = 0;
        for (int at = IMMEDIATE; at < LENGTH; at += IMMEDIATE) {
            boolean last = at + IMMEDIATE == LENGTH;
            host.sends(dataOut(1, -1, sn++, at, last, new byte[IMMEDIATE]));
        }
        Pdu refused = host.receives(0x21);
        assertEquals(1, refused.itt());
        assertEquals(2, refused.u8(3), "CHECK CONDITION");
        assertEquals(0x02, refused.flags() & 0x06, "underflow");
        assertEquals(LENGTH, refused.u32(44));
        assertEquals(0x07, refused.data[2 + 2], "DATA PROTECT");
        assertEquals(0x2700, ((refused.data[2 + 12] & 0xFF) << 8) | refused.data[2 + 13]);
        host.sync();
    }

    @Test
    void aRefusedWriteAsksForNothing() {
        host.sends(host.command(1, 0xA1, LENGTH, rw10(0x2A, 0, LENGTH / 512)));
        assertEquals(2, host.receives(0x21).u8(3), "no R2T");
        host.sync();
    }
}
