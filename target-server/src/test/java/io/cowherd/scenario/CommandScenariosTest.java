package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.SNAP;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What any host may do with commands: scenarios 21, residuals, and 22, task management.
class CommandScenariosTest {
    private static final int READ = 0xC1;
    private static final int WRITE = 0xA1;
    private static final byte[] NOTHING = {};

    private static final int ABORT_TASK = 1;
    private static final int ABORT_TASK_SET = 2;
    private static final int CLEAR_ACA = 3;
    private static final int CLEAR_TASK_SET = 4;
    private static final int LOGICAL_UNIT_RESET = 5;
    private static final int TARGET_WARM_RESET = 6;
    private static final int TARGET_COLD_RESET = 7;
    private static final int TASK_REASSIGN = 8;
    private static final int QUERY_TASK = 9;

    private static final int COMPLETE = 0;
    private static final int NO_SUCH_TASK = 1;
    private static final int NO_SUCH_LUN = 2;
    private static final int NO_REASSIGNMENT = 4;
    private static final int NOT_SUPPORTED = 5;

    @TempDir private Path data = Path.of("replaced");
    private ServedVolumes server;
    private Initiator host;
    private Initiator other;

    @BeforeEach
    void serve() throws Exception {
        server = ServedVolumes.in(data);
        host = Host.LINUX.logsIn(server.portal(0), TARGET);
        other =
                Host.LINUX
                        .as("iqn.1993-08.org.debian:01:other", "00 02 3D 00 00 02")
                        .logsIn(server.portal(1), TARGET);
        for (int lun : new int[] {BASE, SNAP}) {
            host.clearsAttentions(lun);
            other.clearsAttentions(lun);
        }
    }

    @AfterEach
    void stop() {
        host.close();
        other.close();
        server.close();
    }

    /// 21: for each length of READ: a CDB that asks for less than EDTL, as much, more, and nothing at all.
    @Test
    void scenario21_residualsOfReads() {
        byte[] content = Bytes.pattern(21, 1024);
        host.gives(BASE, Scsi.write10(0, 2), content).good();
        byte[] block = Arrays.copyOf(content, 512);
        for (String cdb : new String[] {Scsi.read10(0, 1), Scsi.read12(0, 1), Scsi.read16(0, 1)}) {
            host.finishes(host.begins(BASE, READ, cdb, 512, NOTHING)).is(block).noResidual();
            host.finishes(host.begins(BASE, READ, cdb, 1024, NOTHING)).is(block).underflow(512);
            host.finishes(host.begins(BASE, READ, cdb, 100, NOTHING))
                    .is(Arrays.copyOf(block, 100))
                    .overflow(412);
            host.finishes(host.begins(BASE, READ, cdb, 0, NOTHING)).is(NOTHING).overflow(512);
            host.finishes(host.begins(BASE, 0x81, cdb, 0, NOTHING)).is(NOTHING).overflow(512);
        }
        host.finishes(host.begins(BASE, READ, Scsi.read10(0, 0), 512, NOTHING))
                .is(NOTHING)
                .underflow(512);
        host.finishes(host.begins(BASE, READ, "FF 00 00 00 00 00", 512, NOTHING))
                .sense("5/20/00")
                .underflow(512);
    }

    /// 21: for each length of WRITE, WRITE AND VERIFY too. Of a write with too little data only whole blocks that came are
    /// written, and nothing else is.
    @Test
    void scenario21_residualsOfWrites() {
        byte[] background = Bytes.pattern(210, 2048);
        byte[] content = Bytes.pattern(211, 1024);
        String[] oneBlock = {
            Scsi.write10(0, 1), Scsi.write12(0, 1), Scsi.write16(0, 1), Scsi.writeAndVerify10(0, 1)
        };
        for (String cdb : oneBlock) {
            host.gives(BASE, Scsi.write10(0, 4), background).good();
            host.finishes(host.begins(BASE, WRITE, cdb, 512, Arrays.copyOf(content, 512)))
                    .good()
                    .noResidual();
            host.finishes(host.begins(BASE, WRITE, cdb, 1024, content)).good().underflow(512);
            host.asks(BASE, Scsi.read10(1, 3), 1536).is(Arrays.copyOfRange(background, 512, 2048));
            host.asks(BASE, Scsi.read10(0, 1), 512).is(Arrays.copyOf(content, 512));
        }
        host.gives(BASE, Scsi.write10(0, 4), background).good();
        Answer tooLittle =
                host.finishes(
                        host.begins(
                                BASE, WRITE, Scsi.write10(0, 2), 512, Arrays.copyOf(content, 512)));
        tooLittle.overflow(512);
        host.asks(BASE, Scsi.read10(1, 3), 1536).is(Arrays.copyOfRange(background, 512, 2048));
        host.finishes(host.begins(BASE, 0x81, Scsi.write10(0, 1), 0, NOTHING)).overflow(512);
        host.asks(BASE, Scsi.read10(1, 3), 1536).is(Arrays.copyOfRange(background, 512, 2048));
    }

    /// 22: ABORT TASK of a write that waits for data: it never ends, and never writes. Of one that is gone: no such task.
    @Test
    void scenario22_abortTask() {
        byte[] before = Bytes.pattern(22, 512);
        host.gives(BASE, Scsi.write10(0, 1), before).good();
        Outstanding write =
                host.begins(BASE, WRITE, Scsi.write10(0, 512), 262_144, Bytes.pattern(23, 262_144));
        Message r2t = host.receives(0x31);
        assertEquals(COMPLETE, host.manages(ABORT_TASK, BASE, write.request.itt()));
        host.dataOut(write, r2t.u32(20), 0, 65_536, 65_536, true); // crossed on the wire
        host.asks(BASE, Scsi.read10(0, 1), 512).is(before);
        assertEquals(NO_SUCH_TASK, host.manages(ABORT_TASK, BASE, write.request.itt()));
        other.tells(BASE, Scsi.TEST_UNIT_READY).good();
    }

    /// 22: ABORT TASK SET ends one's own tasks of that LUN, nobody else's, and tells nobody.
    @Test
    void scenario22_abortTaskSet() {
        Outstanding onBase = waiting(host, BASE);
        Outstanding onSnap = waiting(host, SNAP);
        Outstanding ofOther = waiting(other, BASE);
        assertEquals(COMPLETE, host.manages(ABORT_TASK_SET, BASE, Initiator.NO_TAG));
        finishes(host, onSnap);
        finishes(other, ofOther);
        host.tells(BASE, Scsi.TEST_UNIT_READY).good();
        other.tells(BASE, Scsi.TEST_UNIT_READY).good();
        assertEquals(null, onBase.end, "aborted without an answer");
    }

    /// 22: CLEAR TASK SET ends everybody's; the others hear of it.
    @Test
    void scenario22_clearTaskSet() {
        waiting(host, BASE);
        Outstanding ofOther = waiting(other, BASE);
        assertEquals(COMPLETE, host.manages(CLEAR_TASK_SET, BASE, Initiator.NO_TAG));
        host.tells(BASE, Scsi.TEST_UNIT_READY).good();
        other.dataOut(ofOther, ofOther.r2t().u32(20), 0, 65_536, 65_536, true); // knows of nothing
        assertEquals(0x40, other.finishes(ofOther).status(), "TASK ABORTED, as TAS=1 promises");
        other.tells(BASE, Scsi.TEST_UNIT_READY).good();
    }

    /// 22: LOGICAL UNIT RESET: this LUN only, and every host is told with 6/29/03.
    @Test
    void scenario22_logicalUnitReset() {
        waiting(host, BASE);
        Outstanding onSnap = waiting(host, SNAP);
        assertEquals(COMPLETE, host.manages(LOGICAL_UNIT_RESET, BASE, Initiator.NO_TAG));
        host.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/03");
        other.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/03");
        other.tells(SNAP, Scsi.TEST_UNIT_READY).good();
        finishes(host, onSnap);
    }

    /// 22: TARGET WARM RESET: all LUNs, every host.
    @Test
    void scenario22_targetWarmReset() {
        waiting(host, BASE);
        waiting(host, SNAP);
        assertEquals(COMPLETE, host.manages(TARGET_WARM_RESET, 0, Initiator.NO_TAG));
        for (int lun : new int[] {BASE, SNAP}) {
            host.tells(lun, Scsi.TEST_UNIT_READY).sense("6/29/02");
            other.tells(lun, Scsi.TEST_UNIT_READY).sense("6/29/02");
        }
    }

    /// 22: TARGET COLD RESET: all connections to the target end, and are told so (event 3).
    @Test
    void scenario22_targetColdReset() {
        assertEquals(COMPLETE, host.manages(TARGET_COLD_RESET, 0, Initiator.NO_TAG));
        for (Initiator each : List.of(host, other)) {
            assertEquals(3, each.receives(0x32).u8(36), "event");
            each.seesClose();
        }
        try (var again = Host.LINUX.logsIn(server.portal(0), TARGET)) {
            again.clearsAttentions(BASE);
        }
    }

    /// 22: what we do not do is said so, and what does not exist too.
    @Test
    void scenario22_whatIsNotSupported() {
        assertEquals(NOT_SUPPORTED, host.manages(CLEAR_ACA, BASE, Initiator.NO_TAG));
        assertEquals(NO_REASSIGNMENT, host.manages(TASK_REASSIGN, BASE, 0x77));
        assertEquals(NOT_SUPPORTED, host.manages(QUERY_TASK, BASE, 0x77), "RFC 7144 not agreed on");
        assertEquals(NO_SUCH_LUN, host.manages(LOGICAL_UNIT_RESET, 99, Initiator.NO_TAG));
        host.tells(BASE, Scsi.TEST_UNIT_READY).good();
    }

    /// A write that has been asked for its data and keeps us waiting.
    private static Outstanding waiting(Initiator initiator, int lun) {
        Outstanding write =
                initiator.begins(
                        lun, WRITE, Scsi.write10(5000, 256), 131_072, Bytes.pattern(lun, 131_072));
        write.r2t = initiator.receives(0x31);
        return write;
    }

    private static void finishes(Initiator initiator, Outstanding write) {
        initiator.dataOut(write, write.r2t().u32(20), 0, 65_536, 65_536, true);
        initiator.finishes(write).good();
    }
}
