package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.VolumeName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How sessions end and come back: scenarios 13, 14, 19 and 20.
class SessionScenariosTest {
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

    /// 13: a server that is stopped asks its hosts to log out (event 1), answers what is running and the logout; back again,
    /// the host logs in with the same ISID and finds what it wrote.
    @Test
    void scenario13_asyncLogoutAndRelogin() throws Exception {
        byte[] written = Bytes.pattern(13, 4096);
        try (var windows = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
            windows.clearsAttentions(BASE);
            windows.gives(BASE, Scsi.write10(0, 8), written).good();
            Thread stopping = Thread.startVirtualThread(server::stop);
            windows.receives(0x32)
                    .is(
                            "32 80 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | FF FF FF FF"
                                    + "| 00 00 00 00 | .. .. .. .. | .. .. .. .. | .. .. .. .."
                                    + "| 01 00 00 00 | 00 00 00 03 | 00 00 00 00");
            windows.asks(BASE, Scsi.read10(0, 8), 4096).is(written); // not refused, b.5
            windows.logsOut();
            stopping.join();
        }
        server.restart();
        try (var windows = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
            windows.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/00");
            windows.asks(BASE, Scsi.read10(0, 8), 4096).is(written);
        }
    }

    /// 14: a cut link (RST) in the middle of a write; the same host, ISID and all, is back at once.
    @Test
    void scenario14_dropAndReloginWithTheSameIsid() {
        byte[] written = Bytes.pattern(14, 4096);
        var first = Host.WINDOWS.logsIn(server.portal(0), TARGET);
        first.clearsAttentions(BASE);
        first.gives(BASE, Scsi.write10(0, 8), written).good();
        first.begins(BASE, 0xA1, Scsi.write10(0, 512), 262_144, Bytes.pattern(15, 262_144));
        first.receives(0x31);
        first.resets();
        try (var second = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
            second.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/07");
            second.asks(BASE, Scsi.read10(0, 8), 4096).is(written); // the write never was
        }
    }

    /// 14: reinstatement: the old connection is still there, as after a link that was cut silently. It ends, the new one
    /// lives; the same name and ISID over the other portal is another session, which stays.
    @Test
    void scenario14_reinstatement() {
        try (var old = Host.WINDOWS.logsIn(server.portal(0), TARGET);
                var otherPath = Host.WINDOWS.logsIn(server.portal(1), TARGET)) {
            old.clearsAttentions(BASE);
            otherPath.clearsAttentions(BASE);
            try (var fresh = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
                old.seesClose();
                fresh.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/07");
                fresh.tells(BASE, Scsi.TEST_UNIT_READY).good();
                otherPath.tells(BASE, Scsi.TEST_UNIT_READY).good();
            }
        }
    }

    /// 19: libiscsi refuses a reconnect to a disk of another serial; ours is the same after a drop, over the other portal, and
    /// after a restart.
    @Test
    void scenario19_libiscsiChecksTheSerial() throws Exception {
        String serial = serial(server.portal(0));
        assertEquals(serial, serial(server.portal(0)));
        assertEquals(serial, serial(server.portal(1)));
        server.stop();
        server.restart();
        assertEquals(serial, serial(server.portal(0)));
    }

    private static String serial(String portal) {
        Initiator host = Host.LIBISCSI.logsIn(portal, TARGET);
        host.clearsAttentions(BASE);
        host.asks(BASE, Scsi.inquiry(64), 64).good();
        byte[] page = host.asks(BASE, Scsi.vpd(0x80, 64), 64).good().data();
        host.resets();
        return new String(page, 4, page.length - 4, StandardCharsets.US_ASCII);
    }

    /// 20: more targets than one PDU takes. Each answer but the last has F=0, C=1 and a TTT, with which the host asks on; together
    /// they are one text.
    @Test
    void scenario20_sendTargetsInManyPdus() throws Exception {
        int more = 40;
        List<String> names = new ArrayList<>(List.of(TARGET));
        for (int i = 0; i < more; i++) {
            String volume = "disk-with-a-name-of-some-length-%02d".formatted(i);
            server.volumes().create(new VolumeName("vg", volume), 4 << 20);
            names.add("iqn.2026-11.io.cowherd:vg." + volume);
        }
        try (var linux = new Initiator(server.portal(0))) {
            Host.LINUX.login(
                    linux,
                    0x87,
                    "InitiatorName=" + Host.LINUX.name(),
                    "SessionType=Discovery",
                    "MaxRecvDataSegmentLength=512");
            var text = new java.io.ByteArrayOutputStream();
            Message request = Message.of("44 80", Message.text("SendTargets=All"));
            request.set(16, 2).set(20, Initiator.NO_TAG).set(24, 1);
            linux.sends(request);
            Message answer = linux.receives(0x24);
            int parts = 1;
            while ((answer.u8(1) & 0x80) == 0) {
                assertEquals(0x40, answer.u8(1), "F and C");
                text.writeBytes(answer.data);
                Message next = Message.of("44 80", NOTHING);
                linux.sends(next.set(16, 2).set(20, answer.u32(20)).set(24, 1));
                answer = linux.receives(0x24);
                parts++;
            }
            text.writeBytes(answer.data);
            assertTrue(parts > 8, parts + " parts");
            Message whole = new Message(new byte[Message.HEADER_BYTES], text.toByteArray());
            List<String> expected = new ArrayList<>();
            for (String name : names.stream().sorted().toList()) {
                expected.add("TargetName=" + name);
                expected.add("TargetAddress=" + server.portal(0) + ",1");
                expected.add("TargetAddress=" + server.portal(1) + ",2");
            }
            assertEquals(expected, whole.keys());
        }
    }
}
