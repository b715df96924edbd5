package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// sg3-utils on a real Linux kernel: what administrators and cluster scripts send by hand. Two hosts (two initiator names
/// in one guest) see one origin and its fork.
class LinuxScsiToolsIT {
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final int BLOCK_BYTES = 512;

    // Exit statuses of sg3-utils.
    private static final int UNIT_ATTENTION = 6;
    private static final int MISCOMPARE = 14;
    private static final int RESERVATION_CONFLICT = 24;

    private static CowherdProcess server;
    private static LinuxGuest guest;
    private static String base;
    private static String baseOfSecond;
    private static String trial;

    @BeforeAll
    static void startServerAndGuest() throws IOException {
        Path folder = Workspace.newFolder("sg3");
        server = CowherdProcess.serve(folder);
        server.cli("create", "vg/base", "-L", "64M").succeeded();
        server.cli("fork", "vg/base", "trial").succeeded();
        guest = LinuxGuest.boot(folder, List.of());
        guest.startUdev(); // sg_xcopy finds disks by its links
        OpenIscsi iscsi = new OpenIscsi(guest, server);
        iscsi.discover();
        iscsi.login(TARGET);
        iscsi.loginAs("second", TARGET);
        base = iscsi.disk(TARGET, 0);
        trial = iscsi.disk(TARGET, 1);
        baseOfSecond = iscsi.disk("second", TARGET, 0);
        guest.stopUdev(); // it probes what was written to, and would take unit attentions
    }

    @AfterAll
    static void endGuestAndServer() throws IOException {
        if (guest != null) {
            guest.close();
        }
        server.close();
    }

    /// Prints blocks `from` and on of an endless text in which no two blocks are alike.
    private static String pattern(String text, int from, int blocks) {
        int bytes = (from + blocks) * BLOCK_BYTES;
        return """
        { awk 'BEGIN { while (++n < %d) print "%s", n }' >/tmp/all; head -c %d /tmp/all | tail -c %d; }"""
                .formatted(bytes / text.length(), text, bytes, blocks * BLOCK_BYTES);
    }

    private static Tool.Result tryFill(String disk, int lba, int blocks, String text) {
        return guest.run(
                "%s | dd of=%s bs=64k seek=%d oflag=direct,seek_bytes iflag=fullblock"
                        .formatted(pattern(text, 0, blocks), disk, lba * BLOCK_BYTES));
    }

    private static void fill(String disk, int lba, int blocks, String text) {
        tryFill(disk, lba, blocks, text).succeeded();
    }

    /// Reads past the guest's cache, and compares with all that a command prints.
    private static void holds(String disk, int lba, int blocks, String command) {
        guest.run(
                        """
                        dd if=%s bs=%d count=1 skip=%d iflag=direct,skip_bytes >/tmp/read
                        %s | cmp - /tmp/read
                        """
                                .formatted(disk, blocks * BLOCK_BYTES, lba * BLOCK_BYTES, command))
                .succeeded();
    }

    private static void holdsZeros(String disk, int lba, int blocks) {
        holds(disk, lba, blocks, "head -c %d /dev/zero".formatted(blocks * BLOCK_BYTES));
    }

    private static String run(String command) {
        return guest.run(command).succeeded().text();
    }

    private static void refused(int status, String command) {
        Tool.Result result = guest.run(command);
        assertEquals(status, result.exitCode(), result::toString);
    }

    @Test
    void sgUnmapGivesBackTheOriginsSpaceAndNotItsForks() {
        fill(base, 8192, 2048, "before the fork");
        server.cli("fork", "vg/base", "kept").succeeded();
        OpenIscsi iscsi = new OpenIscsi(guest, server);
        iscsi.rescan();
        String kept = iscsi.disk(TARGET, 2);

        run("sg_unmap --force --lba=8320 --num=1024 " + base);

        holdsZeros(base, 8320, 1024);
        holds(base, 8192, 128, pattern("before the fork", 0, 128));
        holds(base, 9344, 896, pattern("before the fork", 1152, 896));
        holds(kept, 8192, 2048, pattern("before the fork", 0, 2048));
        String status = run("sg_get_lba_status --lba=8320 " + base);
        assertTrue(
                status.contains("LBA: 0x0000000000002080  blocks:       1024  deallocated"),
                status);
        status = run("sg_get_lba_status --lba=8192 " + base);
        assertTrue(status.contains("blocks:        128  mapped"), status);
    }

    @Test
    void sgWriteSameRepeatsOneBlock() {
        fill(base, 16384, 1024, "background");
        run(
                """
                yes 'one block' | head -c 512 >/tmp/block
                sg_write_same --16 --in=/tmp/block --xferlen=512 --lba=16512 --num=64 %1$s
                sg_write_same --10 --in=/tmp/block --xferlen=512 --lba=16576 --num=64 %1$s
                sg_write_same --16 --unmap --in=/dev/zero --xferlen=512 --lba=16640 --num=128 %1$s
                sg_write_same --16 --ndob --lba=16896 --num=128 %1$s
                """
                        .formatted(base));

        holds(base, 16384, 128, pattern("background", 0, 128));
        holds(base, 16512, 128, "for i in $(seq 128); do cat /tmp/block; done");
        holdsZeros(base, 16640, 128);
        holds(base, 16768, 128, pattern("background", 384, 128));
        holdsZeros(base, 16896, 128);
        holds(base, 17024, 384, pattern("background", 640, 384));
        holdsZeros(trial, 16384, 1024); // taken before
    }

    /// As ESXi's ATS: of two hosts that have read the same block, one gets it.
    @Test
    void sgCompareAndWriteLetsOneHostWin() {
        fill(base, 24576, 8, "held by nobody");
        run(
                """
                dd if=%1$s bs=512 skip=24576 count=1 iflag=direct >/tmp/before
                yes 'held by first' | head -c 512 >/tmp/first
                yes 'held by second' | head -c 512 >/tmp/second
                cat /tmp/before /tmp/first >/tmp/first.both
                cat /tmp/before /tmp/second >/tmp/second.both
                sg_compare_and_write --in=/tmp/first.both --lba=24576 --num=1 --xferlen=1024 %1$s
                """
                        .formatted(base));

        refused(
                MISCOMPARE,
                "sg_compare_and_write --in=/tmp/second.both --lba=24576 --num=1 --xferlen=1024 "
                        + baseOfSecond);

        holds(baseOfSecond, 24576, 1, "cat /tmp/first");
        holds(base, 24577, 7, pattern("held by nobody", 1, 7));
    }

    @Test
    void sgXcopyCopiesBetweenLunsAndWithinOne() {
        fill(base, 32768, 1024, "copied by the target");
        fill(trial, 32768, 2048, "overwritten");

        run(
                "sg_xcopy --on_dst if=%s of=%s bs=512 skip=32769 seek=33792 count=511"
                        .formatted(base, trial));
        run(
                "sg_xcopy --on_src if=%1$s of=%1$s bs=512 skip=32768 seek=36864 count=1024"
                        .formatted(base));

        holds(trial, 33792, 511, pattern("copied by the target", 1, 511));
        holds(trial, 32768, 1024, pattern("overwritten", 0, 1024));
        holds(trial, 34303, 513, pattern("overwritten", 1535, 513)); // and not one block more
        holds(base, 32768, 1024, pattern("copied by the target", 0, 1024));
        holds(base, 36864, 1024, pattern("copied by the target", 0, 1024));
    }

    @Test
    void sgRtpgShowsOneOptimizedGroupInBothFormats() {
        for (String format : List.of("", "--extended")) {
            String groups = run("sg_rtpg --decode %s %s".formatted(format, base));
            assertTrue(groups.contains("target port group id : 0x1 "), groups);
            assertTrue(groups.contains("access state : 0x00 (active/optimized)"), groups);
            assertTrue(groups.contains("target port count : 01"), groups);
        }
        String port = run("sg_vpd --page=di_port " + base);
        assertTrue(port.contains("Relative target port: 0x1"), port);
        assertTrue(port.contains("Target port group: 0x1"), port);
    }

    /// How a cluster fences: who is put out is told, can neither write nor release, and what was written stays.
    @Test
    void sgPersistPutsAHostOut() {
        fill(base, 40960, 128, "before the reservation");
        try {
            run("sg_persist --out --register --param-sark=0xa1 " + base);
            run("sg_persist --out --register --param-sark=0xb2 " + baseOfSecond);
            run("sg_persist --out --reserve --param-rk=0xa1 --prout-type=5 " + base);
            String keys = run("sg_persist --in --read-keys " + baseOfSecond);
            assertTrue(keys.contains("2 registered") && keys.contains("0xb2"), keys);
            String all = run("sg_persist --in --read-full-status " + baseOfSecond);
            assertTrue(all.contains(OpenIscsi.HOST_PREFIX + "guest,i,0x"), all);
            assertTrue(all.contains(OpenIscsi.HOST_PREFIX + "second,i,0x"), all);
            refused(
                    RESERVATION_CONFLICT,
                    "sg_persist --out --reserve --param-rk=0xb2 --prout-type=5 " + baseOfSecond);

            run(
                    "sg_persist --out --preempt --param-rk=0xb2 --param-sark=0xa1 --prout-type=5 "
                            + baseOfSecond);

            refused(UNIT_ATTENTION, "sg_persist --in --read-keys " + base);
            String held = run("sg_persist --in --read-reservation " + base);
            assertTrue(held.contains("Key=0xb2"), held);
            assertTrue(held.contains("Write Exclusive, registrants only"), held);
            refused(
                    RESERVATION_CONFLICT,
                    "sg_persist --out --release --param-rk=0xa1 --prout-type=5 " + base);
            assertEquals(1, tryFill(base, 40960, 128, "by who was put out").exitCode());
            holds(base, 40960, 128, pattern("before the reservation", 0, 128));
            fill(baseOfSecond, 40960, 128, "by the holder");
            holds(base, 40960, 128, pattern("by the holder", 0, 128));

            run("sg_persist --out --release --param-rk=0xb2 --prout-type=5 " + baseOfSecond);
            fill(base, 40960, 128, "by anybody");
            holds(baseOfSecond, 40960, 128, pattern("by anybody", 0, 128));
        } finally {
            run(
                    """
                    sg_persist --out --register-ignore --param-sark=0xb2 %1$s
                    sg_persist --out --clear --param-rk=0xb2 %1$s
                    """
                            .formatted(baseOfSecond));
        }
        String left = run("sg_persist --in --read-keys " + base);
        assertTrue(left.contains("NO registered reservation keys"), left);
    }

    /// The origin's reservation is not its fork's.
    @Test
    void aReservationIsOfOneLogicalUnit() {
        run(
                """
                sg_persist --out --register-ignore --param-sark=0xc3 %1$s
                sg_persist --out --reserve --param-rk=0xc3 --prout-type=3 %1$s
                """
                        .formatted(trial));
        try {
            fill(base, 49152, 128, "the origin is free");
            holds(base, 49152, 128, pattern("the origin is free", 0, 128));
            String held = run("sg_persist --in --read-reservation " + trial);
            assertTrue(held.contains("Exclusive Access"), held);
            assertFalse(held.contains("registrants only"), held);
        } finally {
            run("sg_persist --out --clear --param-rk=0xc3 " + trial);
        }
    }
}
