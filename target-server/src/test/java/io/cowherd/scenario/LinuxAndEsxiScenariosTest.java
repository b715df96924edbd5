package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.BLOCKS;
import static io.cowherd.scenario.ServedVolumes.FROZEN;
import static io.cowherd.scenario.ServedVolumes.SNAP;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Linux' and ESXi's dialogues (profile b.1, b.4), and what a pair of origin and snapshot looks like: scenarios 17, 18, 24.
class LinuxAndEsxiScenariosTest {
    private static final byte[] NOTHING = {};

    @TempDir private Path data = Path.of("replaced");
    private ServedVolumes server;

    @BeforeEach
    void serve() throws Exception {
        server = ServedVolumes.in(data);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// 17 LINUX-login: one PDU, and only keys that were offered come back: an unknown one ends open-iscsi's login.
    @Test
    void scenario17_linuxLoginAndScan() {
        try (var linux = new Initiator(server.portal(0))) {
            Message answer = Host.LINUX.logsIn(linux, TARGET);
            answer.says(
                    "TargetPortalGroupTag=1",
                    "HeaderDigest=None",
                    "DataDigest=None",
                    "DefaultTime2Wait=2",
                    "DefaultTime2Retain=0",
                    "IFMarker=No",
                    "OFMarker=No",
                    "ErrorRecoveryLevel=0",
                    "InitialR2T=Yes",
                    "ImmediateData=Yes",
                    "MaxBurstLength=262144",
                    "FirstBurstLength=65536",
                    "MaxOutstandingR2T=1",
                    "MaxConnections=1",
                    "DataPDUInOrder=Yes",
                    "DataSequenceInOrder=Yes",
                    "MaxRecvDataSegmentLength=262144");
            scan(linux);
        }
    }

    /// 17: Kubernetes ends an `iscsiadm` that has not done with login and scan after three seconds.
    @Test
    void scenario17_attachWithinThreeSeconds() {
        assertTimeout(
                Duration.ofSeconds(3),
                () -> {
                    try (var linux = Host.LINUX.logsIn(server.portal(0), TARGET)) {
                        scan(linux);
                    }
                });
    }

    /// scsi_scan.c and sd.c.
    private static void scan(Initiator linux) {
        linux.asks(BASE, Scsi.inquiry(36), 36).good();
        linux.asks(BASE, Scsi.inquiry(96), 96).good().noResidual();
        Answer luns = linux.asks(BASE, Scsi.REPORT_LUNS, 4096).good();
        assertEquals(24, luns.u32(0));
        for (int lun : new int[] {BASE, SNAP, FROZEN}) {
            linux.asks(lun, Scsi.inquiry(36), 36).good();
            byte[] pages = linux.asks(lun, Scsi.vpd(0x00, 255), 255).good().data();
            for (int i = 4; i < pages.length; i++) {
                int page = pages[i] & 0xFF;
                int length = linux.asks(lun, Scsi.vpd(page, 4), 4).good().u16(2) + 4;
                Answer whole = linux.asks(lun, Scsi.vpd(page, length), length).good();
                assertEquals(length, whole.data().length);
                assertEquals(page, whole.u8(1));
            }
            linux.clearsAttentions(lun);
            linux.asks(lun, Scsi.READ_CAPACITY_16, 32).good();
            linux.asks(lun, Scsi.modeSense6(0x3F, 4), 4).good();
            linux.asks(lun, Scsi.modeSense6(0x08, 4), 4).is("1F 00 .. 08");
            linux.asks(lun, Scsi.modeSense6(0x08, 32), 32).good().noResidual();
            for (int opcode : new int[] {0x93, 0x41, 0x12}) {
                linux.asks(lun, "A3 0C 01 %02X 00 00 00 00 02 00 00 00".formatted(opcode), 512)
                        .good();
            }
            linux.asks(lun, Scsi.read10(0, 8), 4096).good();
        }
    }

    /// 18 ESX: discovery as captured: header and data in TCP segments of their own, a text request that is not immediate, and a
    /// RST at the end.
    @Test
    void scenario18_esxiDiscoveryInSplitSegments() {
        try (var esxi = new Initiator(server.portal(0)).segments(Initiator.Segments.TWO)) {
            byte[] keys =
                    Message.text(
                            "InitiatorName=" + Host.ESXI.name(),
                            "SessionType=Discovery",
                            "HeaderDigest=None",
                            "DataDigest=None",
                            "DefaultTime2Wait=0",
                            "DefaultTime2Retain=0",
                            "IFMarker=No",
                            "OFMarker=No",
                            "ErrorRecoveryLevel=0",
                            "MaxRecvDataSegmentLength=32768");
            esxi.exchanges(
                            "43 87 00 00 00 00 00 00 00 02 3D 00 00 00 00 00 00 00 00 00"
                                    + "00 00 00 00 00 00 00 01",
                            keys)
                    .says(
                            "HeaderDigest=None",
                            "DataDigest=None",
                            "DefaultTime2Wait=2",
                            "DefaultTime2Retain=0",
                            "IFMarker=No",
                            "OFMarker=No",
                            "ErrorRecoveryLevel=0",
                            "MaxRecvDataSegmentLength=65536");
            Message text = Message.of("04 80", Message.text("SendTargets=All"));
            text.set(16, 1).set(20, Initiator.NO_TAG).set(24, esxi.rules.cmdSn++);
            esxi.sends(text);
            Message answer = esxi.receives(0x24);
            assertTrue(answer.keys().contains("TargetName=" + TARGET), answer::toString);
            assertEquals(2, answer.u32(28), "ExpCmdSN: the request had a number");
            esxi.resets();
        }
    }

    /// 18 ESX: its scan, with the oddities that have broken targets: SELECT REPORT 11h, TEST UNIT READY with the R bit, block
    /// zeroing by WRITE SAME (16), ABORT TASK of a task that is gone.
    @Test
    void scenario18_esxiScanAndOddities() {
        try (var esxi =
                Host.ESXI.logsIn(server.portal(0), TARGET).segments(Initiator.Segments.TWO)) {
            esxi.asks(BASE, Scsi.inquiry(36), 36).good();
            esxi.clearsAttentions(BASE);
            for (int page : new int[] {0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2}) {
                esxi.asks(BASE, Scsi.vpd(page, 255), 255).good();
            }
            String odd = esxi.asks(BASE, "A0 00 11 00 00 00 00 00 10 00 00 00", 4096).toString();
            assertTrue(odd.equals("GOOD") || odd.endsWith("5/24/00"), odd);
            esxi.finishes(esxi.begins(BASE, 0xC1, Scsi.TEST_UNIT_READY, 0, NOTHING)).good();
            esxi.finishes(esxi.begins(BASE, 0xC1, Scsi.TEST_UNIT_READY, 36, NOTHING))
                    .good()
                    .underflow(36);

            esxi.gives(BASE, Scsi.write10(100, 4), Bytes.pattern(18, 2048)).good();
            esxi.gives(BASE, Scsi.writeSame16(101, 2), new byte[512]).good();
            byte[] expected = Bytes.pattern(18, 2048);
            Arrays.fill(expected, 512, 1536, (byte) 0);
            esxi.asks(BASE, Scsi.read10(100, 4), 2048).is(expected);
            assertEquals(0, esxi.manages(1, BASE, 0x7777), "complete, or ESXi asks for ever");
        }
    }

    /// 18 ESX: the heartbeat of two hosts that compete for one block: ATS lets exactly one win each round, and tells the other
    /// where its picture is wrong.
    @Test
    void scenario18_atsRace() throws Exception {
        int rounds = 200;
        Host other = Host.ESXI.as("iqn.1998-01.com.vmware:esx-host2-0c0ffee0", "00 02 3D 00 00 02");
        try (var one = Host.ESXI.logsIn(server.portal(0), TARGET);
                var two = other.logsIn(server.portal(1), TARGET);
                ExecutorService both = Executors.newFixedThreadPool(2)) {
            one.clearsAttentions(BASE);
            two.clearsAttentions(BASE);
            byte[] present = Bytes.pattern(0, 512);
            one.gives(BASE, Scsi.write10(40, 1), present).good();
            var start = new CyclicBarrier(2);
            for (int round = 1; round <= rounds; round++) {
                byte[] mine = Bytes.pattern(2 * round, 512);
                byte[] theirs = Bytes.pattern(2 * round + 1, 512);
                byte[] before = present;
                Future<Answer> first = both.submit(() -> ats(start, one, before, mine));
                Future<Answer> second = both.submit(() -> ats(start, two, before, theirs));
                boolean firstWins = first.get().status() == 0;
                (firstWins ? first : second).get().good();
                (firstWins ? second : first).get().sense("E/1D/00");
                present = firstWins ? mine : theirs;
                two.asks(BASE, Scsi.read10(40, 1), 512).is(present);
            }
        }
    }

    private static Answer ats(CyclicBarrier start, Initiator host, byte[] before, byte[] after)
            throws Exception {
        start.await();
        return host.gives(BASE, Scsi.compareAndWrite(40, 1), Bytes.join(before, after));
    }

    /// 18 ESX: XCOPY: EXTENDED COPY (LID1) with both LUNs by their NAA names, after asking what it may ask for.
    @Test
    void scenario18_xcopy() {
        byte[] content = Bytes.pattern(180, 65_536);
        byte[] around = Bytes.pattern(181, 66_560);
        try (var esxi = Host.ESXI.logsIn(server.portal(0), TARGET)) {
            esxi.clearsAttentions(BASE);
            esxi.clearsAttentions(SNAP);
            esxi.asks(BASE, "84 03 00 00 00 00 00 00 00 00 00 00 02 00 00 00", 512).good();
            esxi.gives(BASE, Scsi.write10(1000, 128), content).good();
            esxi.gives(SNAP, Scsi.write10(1999, 130), around).good();
            byte[] list =
                    Bytes.join(
                            Bytes.of("01 20 00 40 | 00 00 00 00 | 00 00 00 1C | 00 00 00 00"),
                            copyTarget(esxi, BASE),
                            copyTarget(esxi, SNAP),
                            Bytes.of(
                                    "02 00 00 18 | 00 00 00 01 | 00 00 00 80 |"
                                            + "%016X %016X".formatted(1000, 2000)));
            esxi.gives(
                            BASE,
                            "83 00 00 00 00 00 00 00 00 00 %08X 00 00".formatted(list.length),
                            list)
                    .good();
            esxi.asks(SNAP, Scsi.read10(2000, 128), 65_536).is(content);
            esxi.asks(SNAP, Scsi.read10(1999, 1), 512).is(Arrays.copyOf(around, 512));
            esxi.asks(SNAP, Scsi.read10(2128, 1), 512)
                    .is(Arrays.copyOfRange(around, 129 * 512, 130 * 512));
        }
    }

    /// An identification descriptor (E4h) with a LUN's NAA name and blocks of 512 bytes.
    private static byte[] copyTarget(Initiator esxi, int lun) {
        byte[] names = esxi.asks(lun, Scsi.vpd(0x83, 255), 255).good().data();
        return Bytes.join(
                Bytes.of("E4 00 00 00 | 01 03 00 10"),
                Arrays.copyOfRange(names, 8, 24),
                Bytes.of("00 00 00 00 | 00 00 02 00"));
    }

    /// 24: a snapshot pair: another name and serial, the same data, until one of them is written to.
    @Test
    void scenario24_snapshotPair() throws Exception {
        byte[] before = Bytes.pattern(24, 131_072);
        byte[] after = Bytes.pattern(25, 131_072);
        int fresh = 3;
        try (var host = Host.LINUX.logsIn(server.portal(0), TARGET)) {
            host.clearsAttentions(BASE);
            host.gives(BASE, Scsi.write10(777, 256), before).good();
            server.fork("pair");
            host.hearsOf(BASE, "6/3F/0E");
            assertEquals(32, host.asks(BASE, Scsi.REPORT_LUNS, 4096).good().u32(0));
            host.clearsAttentions(fresh);

            for (int page : new int[] {0x80, 0x83}) {
                byte[] ofBase = host.asks(BASE, Scsi.vpd(page, 255), 255).good().data();
                byte[] ofPair = host.asks(fresh, Scsi.vpd(page, 255), 255).good().data();
                assertNotEquals(Bytes.show(ofBase), Bytes.show(ofPair));
            }
            assertArrayEquals(
                    host.asks(BASE, Scsi.inquiry(96), 96).good().data(),
                    host.asks(fresh, Scsi.inquiry(96), 96).good().data());
            host.asks(fresh, Scsi.READ_CAPACITY_10, 8).is("%08X 00 00 02 00".formatted(BLOCKS - 1));

            host.asks(fresh, Scsi.read10(777, 256), 131_072).is(before);
            host.gives(BASE, Scsi.write10(777, 256), after).good();
            host.asks(fresh, Scsi.read10(777, 256), 131_072).is(before);
            host.gives(fresh, Scsi.write10(777, 1), Bytes.pattern(26, 512)).good();
            host.asks(BASE, Scsi.read10(777, 256), 131_072).is(after);
            host.clearsAttentions(FROZEN);
            host.gives(FROZEN, Scsi.write10(777, 1), new byte[512]).sense("7/27/00");
        }
    }
}
