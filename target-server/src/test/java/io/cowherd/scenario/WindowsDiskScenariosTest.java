package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.BLOCKS;
import static io.cowherd.scenario.ServedVolumes.FROZEN;
import static io.cowherd.scenario.ServedVolumes.SNAP;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Windows' disk driver asks and how it writes (profile b.3, c.2 to c.4): scenarios 6, 7, 9 and 10.
class WindowsDiskScenariosTest {
    private static final byte[] NOTHING = {};
    private static final int WINDOW = 128;

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

    private Initiator windows() {
        return Host.WINDOWS.logsIn(server.portal(0), TARGET);
    }

    /// 6 WIN-SCAN: storport's REPORT LUNS and INQUIRY, then disk.sys and classpnp in their order.
    @Test
    void scenario6_winScan() {
        try (var windows = windows()) {
            windows.asks(BASE, "A0 00 00 00 00 00 00 00 10 00 00 00", 4096)
                    .is(
                            "00 00 00 18 | 00 00 00 00 | 00 00 00 00 00 00 00 00"
                                    + "| 00 01 00 00 00 00 00 00 | 00 02 00 00 00 00 00 00")
                    .underflow(4096 - 32);
            standardInquiry(windows);
            identification(windows);
            windows.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/29/00");
            windows.tells(BASE, Scsi.TEST_UNIT_READY).good();
            windows.asks(BASE, "12 00 83 00 FF 00", 255).sense("5/24/00"); // a page without EVPD
            capacityAndPages(windows);
            modePages(windows);
            windows.asks(BASE, Scsi.read10(1, 1), 512).good(); // GPT
            windows.asks(BASE, Scsi.read10(BLOCKS - 1, 1), 512).good(); // its copy
            windows.clearsAttentions(FROZEN);
            windows.asks(FROZEN, Scsi.modeSense6(0x3F, 4), 4).is(".. 00 90 08");
            windows.gives(FROZEN, Scsi.write10(0, 1), Bytes.pattern(1, 512)).sense("7/27/00");
        }
    }

    private static void standardInquiry(Initiator windows) {
        String head = "00 00 06 02 5B 18 10 02";
        String names =
                Bytes.show("COWHERD VOLUME          0001".getBytes(StandardCharsets.US_ASCII));
        windows.asks(BASE, Scsi.inquiry(36), 36).is(head + names);
        windows.asks(BASE, Scsi.inquiry(255), 255)
                .is(head + names + "00".repeat(22) + "00 A0 09 60 04 60 04 C0" + "00".repeat(30))
                .underflow(255 - 96);
        windows.asks(77, Scsi.inquiry(36), 36)
                .is("7F 00 06 02 .. .. .. .. " + ".. ".repeat(28)); // no such LUN
        windows.asks(77, Scsi.vpd(0x83, 255), 255).sense("5/25/00");
    }

    /// VPD 80 and 83: an NAA name, ports, and the same serial in both.
    private static void identification(Initiator windows) {
        Answer serial = windows.asks(BASE, Scsi.vpd(0x80, 255), 255).good();
        assertEquals(32, serial.u16(2), "serial of 32 digits");
        String digits = new String(serial.data(), 4, 32, StandardCharsets.US_ASCII);
        assertTrue(digits.matches("[0-9a-f]{32}"), digits);

        Answer names = windows.asks(BASE, Scsi.vpd(0x83, 255), 255).good();
        String port = Bytes.show((TARGET + ",t,0x0001").getBytes(StandardCharsets.US_ASCII));
        String target = Bytes.show(TARGET.getBytes(StandardCharsets.US_ASCII));
        names.is(
                "00 83 00 A0"
                        + "| 01 03 00 10 | .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .."
                        + "| 02 01 00 28 |"
                        + Bytes.show(("COWHERD " + digits).getBytes(StandardCharsets.US_ASCII))
                        + "| 51 94 00 04 | 00 00 00 01 | 51 95 00 04 | 00 00 .. .."
                        + "| 53 98 00 28 |"
                        + port
                        + "00"
                        + "| 53 A8 00 20 |"
                        + target
                        + "00 00");
        assertEquals(6, names.u8(8) >> 4, "NAA 6");
    }

    private static void capacityAndPages(Initiator windows) {
        String lastBlock = "%08X".formatted(BLOCKS - 1);
        windows.asks(BASE, Scsi.READ_CAPACITY_10, 8).is(lastBlock + "00 00 02 00");
        windows.asks(BASE, Scsi.read10(0, 1), 512).good();
        byte[] pages = windows.asks(BASE, Scsi.vpd(0x00, 255), 255).good().data();
        assertEquals(0, pages[4], "page 00 comes first");
        List<Integer> listed = new ArrayList<>();
        for (int i = 4; i < pages.length; i++) {
            listed.add(pages[i] & 0xFF);
        }
        assertEquals(listed.stream().sorted().distinct().toList(), listed, "ascending");
        assertTrue(listed.containsAll(List.of(0x80, 0x83, 0xB0, 0xB1, 0xB2)), listed::toString);
        windows.asks(BASE, Scsi.vpd(0xB2, 255), 255).is("00 B2 00 04 | .. E4 02 00");
        windows.asks(BASE, Scsi.vpd(0xB0, 255), 255)
                .is(
                        "00 B0 00 3C | 01 01 00 08 | 00 00 80 00 | 00 00 08 00 | 00 00 00 00"
                                + "| 00 10 00 00 | 00 00 01 00 | 00 00 08 00 | 80 00 00 00"
                                + "| 00 00 00 00 00 00 80 00 |"
                                + ".. ".repeat(20));
        windows.asks(BASE, Scsi.vpd(0xB1, 255), 255)
                .is("00 B1 00 3C | 00 01 00 40" + "00".repeat(56));
        windows.asks(BASE, Scsi.READ_CAPACITY_16, 32)
                .is(
                        "00 00 00 00"
                                + lastBlock
                                + "00 00 02 00 | 00 .. C0 00 | 00 00 00 00"
                                + "00 00 00 00 00 00 00 00 00 00 00 00");
    }

    private static void modePages(Initiator windows) {
        String descriptor = "%08X 00 00 02 00".formatted(BLOCKS);
        windows.asks(BASE, Scsi.modeSense6(0x1C, 192), 192)
                .is("17 00 10 08 |" + descriptor + "| 1C 0A" + "00".repeat(10));
        windows.asks(BASE, Scsi.modeSense6(0x08, 192), 192)
                .is(
                        "1F 00 10 08 |"
                                + descriptor
                                + "| 08 12 04 00 00 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00")
                .underflow(192 - 32);
        windows.asks(BASE, Scsi.modeSense6(0x3F, 192), 192).good();
        windows.asks(BASE, "1A 08 0A 00 C0 00", 192) // DBD: no block descriptor
                .is("0F 00 10 00 | 0A 0A 02 10 00 40 00 00 FF FF 00 1E");
    }

    /// 7 WIN-WRITE256: eight writes of 256 KiB, each with 64 KiB of immediate data, are on the wire before the first R2T is
    /// answered; then their Data-Outs come in turns.
    @Test
    void scenario7_winWrite256() {
        int commands = 8;
        int bytes = 262_144;
        try (var windows = windows()) {
            windows.clearsAttentions(BASE);
            List<Outstanding> writes = new ArrayList<>();
            for (int i = 0; i < commands; i++) {
                writes.add(
                        windows.begins(
                                BASE,
                                0xA1,
                                Scsi.write10(i * 512, 512),
                                bytes,
                                Bytes.pattern(70 + i, bytes)));
                assertEquals(65_536, writes.get(i).request.data.length, "immediate data");
            }
            for (int i = 0; i < commands; i++) {
                Message r2t = windows.receives(0x31);
                windows.rules.of(r2t.itt()).r2t = r2t;
            }
            for (Outstanding write : writes) {
                write.r2t()
                        .is(
                                "31 80 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | %08X"
                                                .formatted(write.request.itt())
                                        + "| .. .. .. .. | %08X".formatted(windows.rules.expStatSn)
                                        + "| .. .. .. .."
                                        + "| .. .. .. .. | 00 00 00 00 | 00 01 00 00 | 00 03 00 00");
            }
            for (int dataSn = 0; dataSn < 3; dataSn++) {
                for (Outstanding write : writes) {
                    int ttt = write.r2t().u32(20);
                    int offset = 65_536 * (dataSn + 1);
                    windows.dataOut(write, ttt, dataSn, offset, 65_536, dataSn == 2);
                }
            }
            for (Outstanding write : writes) {
                windows.finishes(write).good().noResidual();
            }
            for (int i = 0; i < commands; i++) {
                windows.asks(BASE, Scsi.read10(i * 512, 512), bytes)
                        .is(Bytes.pattern(70 + i, bytes));
            }
        }
    }

    /// 7, the other way: reads, small writes and large ones of one host at once. Status comes for each once, in any order.
    @Test
    void scenario7_readsGoOnWhileWritesWaitForData() {
        try (var windows = windows()) {
            windows.clearsAttentions(BASE);
            byte[] small = Bytes.pattern(7, 4096);
            windows.gives(BASE, Scsi.write10(9000, 8), small).good();
            byte[] large = Bytes.pattern(8, 262_144);
            Outstanding write = windows.begins(BASE, 0xA1, Scsi.write10(0, 512), 262_144, large);
            Message r2t = windows.receives(0x31);
            windows.asks(BASE, Scsi.read10(9000, 8), 4096).is(small); // before we answer
            int ttt = r2t.u32(20);
            for (int dataSn = 0; dataSn < 3; dataSn++) {
                windows.dataOut(write, ttt, dataSn, 65_536 * (dataSn + 1), 65_536, dataSn == 2);
            }
            windows.finishes(write).good();
            windows.asks(BASE, Scsi.read10(0, 512), 262_144).is(large);
        }
    }

    /// 9: the window is open at login, commands beyond it and below it are dropped as if they had never come, and it opens
    /// again as commands end.
    @Test
    void scenario9_windowBeyondAndBelow() {
        try (var windows = windows()) {
            assertEquals(windows.rules.expCmdSn + WINDOW - 1, windows.rules.maxCmdSn);
            windows.clearsAttentions(BASE);
            int present = windows.rules.cmdSn;
            Message beyond = windows.command(BASE, 0x81, Scsi.TEST_UNIT_READY, 0, NOTHING);
            windows.sends(beyond.set(24, present + WINDOW));
            Message below = windows.command(BASE, 0x81, Scsi.TEST_UNIT_READY, 0, NOTHING);
            windows.sends(below.set(24, present - 1));
            windows.rules.forget(beyond.itt());
            windows.rules.forget(below.itt());
            windows.rules.cmdSn = present;
            windows.tells(BASE, Scsi.TEST_UNIT_READY).good();
            windows.asks(BASE, Scsi.read10(0, 1), 512).good();
        }
    }

    /// 9: as many writes as the window has room for wait for their data; it is shut then, and each that ends opens it by one.
    @Test
    void scenario9_windowFullOfWrites() {
        Host slow = Host.WINDOWS.offering("ImmediateData", "No");
        try (var windows = slow.logsIn(server.portal(0), TARGET)) {
            windows.clearsAttentions(BASE);
            List<Outstanding> writes = new ArrayList<>();
            List<Message> asked = new ArrayList<>();
            for (int i = 0; i < WINDOW; i++) {
                writes.add(
                        windows.begins(BASE, 0xA1, Scsi.write10(i, 1), 512, Bytes.pattern(i, 512)));
                asked.add(windows.receives(0x31));
            }
            assertEquals(windows.rules.cmdSn - 1, windows.rules.maxCmdSn, "shut");
            Message one = windows.command(BASE, 0x81, Scsi.TEST_UNIT_READY, 0, NOTHING);
            windows.sends(one); // is not to be executed, now or later
            windows.rules.forget(one.itt());
            windows.rules.cmdSn--;
            for (int i = 0; i < WINDOW; i++) {
                windows.dataOut(writes.get(i), asked.get(i).u32(20), 0, 0, 512, true);
                windows.finishes(writes.get(i)).good();
            }
            windows.tells(BASE, Scsi.TEST_UNIT_READY).good();
            assertEquals(windows.rules.expCmdSn + WINDOW - 1, windows.rules.maxCmdSn, "open");
            for (int i = 0; i < WINDOW; i++) {
                windows.asks(BASE, Scsi.read10(i, 1), 512).is(Bytes.pattern(i, 512));
            }
        }
    }

    /// 10 WIN-UNMAP: a volume is formatted: the whole disk is unmapped in pieces that block limits allow, and its snapshot
    /// keeps what was there.
    @Test
    void scenario10_winUnmapAndFormat() {
        byte[] old = Bytes.pattern(10, 65_536);
        try (var windows = windows()) {
            windows.clearsAttentions(BASE);
            windows.clearsAttentions(SNAP);
            windows.gives(SNAP, Scsi.write10(4096, 128), old).good();
            windows.gives(BASE, Scsi.write10(2048, 128), old).good();

            byte[] limits = windows.asks(BASE, Scsi.vpd(0xB0, 64), 64).good().data();
            assertEquals(0x0010_0000, new Message(head(limits), NOTHING).u32(20), "blocks");
            int quarter = BLOCKS / 4;
            byte[] all =
                    Scsi.unmapList(
                            0,
                            quarter,
                            quarter,
                            quarter,
                            2L * quarter,
                            quarter,
                            3L * quarter,
                            quarter);
            windows.gives(BASE, Scsi.unmap(all.length), all).good().noResidual();

            windows.asks(BASE, Scsi.read10(2048, 128), 65_536).is(new byte[65_536]);
            windows.asks(SNAP, Scsi.read10(4096, 128), 65_536).is(old);
            String lbaStatus = "9E 12 00 00 00 00 00 00 00 00 00 00 00 18 00 00";
            windows.asks(BASE, lbaStatus, 24)
                    .is(
                            "00 00 00 14 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | .. .. .. .."
                                    + "| 01 00 00 00");

            byte[] nothing = Scsi.unmapList();
            windows.gives(BASE, Scsi.unmap(nothing.length), nothing).good();
            byte[] beyond = Scsi.unmapList(BLOCKS - 1, 2);
            windows.gives(BASE, Scsi.unmap(beyond.length), beyond).sense("5/21/00");

            byte[] boot = Bytes.pattern(11, 8192); // and the format goes on: boot sector, metadata
            windows.gives(BASE, Scsi.write10(2048, 16), boot).good();
            windows.asks(BASE, Scsi.read10(2048, 16), 8192).is(boot);
        }
    }

    private static byte[] head(byte[] bytes) {
        return java.util.Arrays.copyOf(bytes, Message.HEADER_BYTES);
    }
}
