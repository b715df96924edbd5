package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunRights.Access;
import io.cowherd.config.access.LunSet;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.lu.LogicalUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A host sees the LUNs that it has a right to, and to it the others are not there.
class MaskTest {
    private static final String REPORT_LUNS = "A0 00 00 00 00 00 00 00 01 00 00 00";
    private static final String READ_10 = "28 00 00 00 00 00 00 00 01 00";
    private static final String WRITE_10 = "2A 00 00 00 00 00 00 00 01 00";
    private static final String TEST_UNIT_READY = "00 00 00 00 00 00";
    private static final String MODE_SENSE = "1A 00 3F 00 FF 00";
    private static final String MODE_SENSE_10 = "5A 00 3F 00 00 00 00 00 FF 00";
    private static final String RESERVE_6 = "16 00 00 00 00 00";
    private static final int CHECK_CONDITION = 0x02;
    private static final int CONFLICT = 0x18;
    private static final String INQUIRY = "12 00 00 00 24 00";
    private static final long LUN_1 = 1L << 48;
    private static final String LUNS_CHANGED = "6/3F/0E";
    private static final String NO_LUN = "5/25/00";
    private static final String COPY_TARGET_NOT_FOUND = "A/0D/02";
    private static final String COPY_REFUSED = "A/0D/01";
    private static final String WRITE_PROTECTED = "7/27/00";

    private final TestTarget target = TestTarget.of(new MemoryDevice(1 << 20, (byte) 0x5A));
    private final LogicalUnit second =
            TestTarget.unit(
                    new MemoryDevice(1 << 20, (byte) 0x5A),
                    new UUID(0x4111, 1),
                    TestTarget.READ_WRITE);
    private final TestHost host;

    MaskTest() {
        target.device.addLun(1, second);
        host = new TestHost(target.device, "iqn.a:b");
    }

    @AfterEach
    void close() {
        target.close();
    }

    private static LunRights luns(String luns) {
        return new LunRights(LunSet.parse(luns), Access.READ_WRITE);
    }

    private String reported() {
        return HexFormat.of().formatHex(host.send(REPORT_LUNS).bytes());
    }

    @Test
    void masksHideLuns() {
        host.show(luns("1"));
        assertEquals("00000008000000000001000000000000", reported());
        assertEquals(NO_LUN, host.send(READ_10).sense());
        assertEquals(0x3F, host.send(INQUIRY).data().get(0), "absent, as any LUN that is not");
        assertEquals("6/29/00", host.begin(LUN_1, TEST_UNIT_READY).await().sense());
        assertEquals("", host.begin(LUN_1, TEST_UNIT_READY).await().sense(), "and nothing more");
    }

    @Test
    void aChangeIsToldAndTakesEffect() {
        ready(0);
        ready(LUN_1);
        host.show(luns("0"));
        assertEquals(LUNS_CHANGED, host.send(TEST_UNIT_READY).sense());
        assertEquals(NO_LUN, host.begin(LUN_1, TEST_UNIT_READY).await().sense());
        host.show(LunRights.ALL);
        assertEquals(LUNS_CHANGED, host.begin(LUN_1, TEST_UNIT_READY).await().sense());
        assertEquals("", host.send(TEST_UNIT_READY).sense(), "one report serves all");
        host.show(LunRights.ALL);
        assertEquals("", host.send(TEST_UNIT_READY).sense(), "nothing has changed");
    }

    private void ready(long lun) {
        while (host.begin(lun, TEST_UNIT_READY).await().status() != 0) {}
    }

    @Test
    void whoMayReadOnlyWritesNothing() {
        host.show(new LunRights(LunSet.ALL, Access.READ_ONLY));
        ready(0);
        assertEquals(WRITE_PROTECTED, host.send(WRITE_10, new byte[512]).sense());
        assertEquals(WRITE_PROTECTED, host.send("16 00 00 00 00 00").sense(), "RESERVE (6)");
        assertEquals(
                WRITE_PROTECTED,
                host.send("5F 00 00 00 00 00 00 00 18 00", new byte[24]).sense(),
                "PERSISTENT RESERVE OUT, REGISTER");
        assertEquals("", host.send(READ_10).sense());
        assertEquals(0x80, host.send(MODE_SENSE).data().get(2) & 0x80, "WP");
        assertEquals(0x80, host.send(MODE_SENSE_10).data().get(3) & 0x80, "WP");
        TestHost other = TestHost.ready(target.device, "iqn.x:y");
        assertEquals(0, other.send(MODE_SENSE).data().get(2) & 0x80, "to others it is not");
        host.show(LunRights.ALL);
        assertEquals("6/2A/01", host.send(TEST_UNIT_READY).sense());
        assertEquals("", host.send(WRITE_10, new byte[512]).sense());
    }

    /// A copy is done by the target: what the host may not read or write itself, it may not have copied.
    @Test
    void copiesReachVisibleLunsOnly() {
        UUID second = new UUID(0x4111, 1);
        ready(0);
        CopyOrder into = CopyOrder.unnamed().target(second).segment(0xFFFF, 0, 0, 0, 1);
        CopyOrder outOf = CopyOrder.unnamed().target(second).segment(0, 0, 0xFFFF, 0, 1);
        into.sendTo(host).good();
        outOf.sendTo(host).good();
        host.show(luns("0"));
        assertEquals(LUNS_CHANGED, host.send(TEST_UNIT_READY).sense());
        assertEquals(COPY_TARGET_NOT_FOUND, into.sendTo(host).sense());
        assertEquals(COPY_TARGET_NOT_FOUND, outOf.sendTo(host).sense());
        host.show(new LunRights(LunSet.ALL, Access.READ_ONLY));
        ready(0);
        assertEquals(COPY_REFUSED, into.sendTo(host).sense());
    }

    /// A name and an address are soon said: where a host had to prove more, whoever asks elsewhere must have proved the same.
    @Test
    void copiesReachWhatTheSameHostSeesElsewhere() {
        var said = new Host("iqn.a:b", "192.0.2.1", null);
        var proved = new Host("iqn.a:b", "192.0.2.1", "web01");
        host.show(said, LunRights.ALL);
        assertEquals("said, proved, another account", served(said));
        host.show(proved, LunRights.ALL);
        assertEquals("proved", served(said));
        host.show(null, LunRights.ALL);
        assertEquals("", served(said));
    }

    private String served(Host said) {
        var asking = new LinkedHashMap<String, Host>();
        asking.put("said", said);
        asking.put("proved", new Host(said.name(), said.address(), "web01"));
        asking.put("another account", new Host(said.name(), said.address(), "web02"));
        asking.put("another address", new Host(said.name(), "192.0.2.2", "web01"));
        asking.put("another name", new Host("iqn.x:y", said.address(), "web01"));
        return asking.entrySet().stream()
                .filter(who -> target.device.mayUse(who.getValue(), second, CopyReach.Use.WRITE))
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    /// A right that goes while a write's data is on its way.
    @Test
    void aWriteThatHasBegunIsJudgedAgain() {
        ready(0);
        var write = host.hold(0, WRITE_10, TaskAttribute.SIMPLE);
        host.show(new LunRights(LunSet.ALL, Access.READ_ONLY));
        assertEquals("6/2A/01", host.send(TEST_UNIT_READY).sense());
        write.execute(new byte[512]);
        assertEquals(WRITE_PROTECTED, write.await().sense());
    }

    @Test
    void commandsOfAHiddenLunAreAborted() {
        ready(LUN_1);
        var write = host.hold(LUN_1, WRITE_10, TaskAttribute.SIMPLE);
        host.show(luns("0"));
        assertTrue(write.task.aborted());
        assertTrue(write.task.respondsThoughAborted());
        write.execute(new byte[512]);
        assertEquals(0x40, write.await().status(), "TASK ABORTED");
    }

    /// Its RESERVE(6) would keep all others off a LUN that it cannot release.
    @Test
    void whatAHostReservedGoesWithTheLunThatItDoesNotSee() {
        ready(LUN_1);
        assertEquals(0, host.begin(LUN_1, RESERVE_6).await().status());
        TestHost other = TestHost.ready(target.device, "iqn.x:y");
        while (other.begin(LUN_1, TEST_UNIT_READY).await().status() == CHECK_CONDITION) {}
        assertEquals(CONFLICT, other.begin(LUN_1, TEST_UNIT_READY).await().status());
        host.show(luns("0"));
        assertEquals(0, other.begin(LUN_1, TEST_UNIT_READY).await().status());
    }

    /// Goal: a host that may only read does not disturb those that write. Method: a write of another host is on its way, which has
    /// reserved the LUN, and a read of its own.
    @ParameterizedTest
    @EnumSource(
            value = TaskManagement.class,
            names = {
                "CLEAR_TASK_SET",
                "LOGICAL_UNIT_RESET",
                "TARGET_WARM_RESET",
                "TARGET_COLD_RESET"
            })
    void whoMayOnlyReadEndsItsOwnCommandsOnly(TaskManagement function) {
        host.show(new LunRights(LunSet.ALL, Access.READ_ONLY));
        TestHost other = TestHost.ready(target.device, "iqn.x:y");
        var reserving = other.begin(0, RESERVE_6);
        while (!reserving.isDone()) {
            host.turn();
            other.turn();
            Thread.onSpinWait();
        }
        assertEquals(0, reserving.await().status());
        var theirs = other.hold(0, WRITE_10, TaskAttribute.SIMPLE);
        var mine = host.hold(0, READ_10, TaskAttribute.SIMPLE);
        assertEquals(TaskManagement.Response.COMPLETE, host.manage(function, 0));
        other.turn();
        assertTrue(mine.task.aborted());
        assertFalse(theirs.task.aborted());
        theirs.execute(new byte[512]);
        assertEquals("", theirs.await().sense());
        assertEquals(0, other.send(TEST_UNIT_READY).status(), "and is told nothing");
        TestHost third = new TestHost(target.device, "iqn.third");
        assertEquals("6/29/00", third.send(TEST_UNIT_READY).sense());
        assertEquals(CONFLICT, third.send(TEST_UNIT_READY).status(), "reserved still");
    }

    @Test
    void resetsReachVisibleLunsOnly() {
        TestHost other = TestHost.ready(target.device, "iqn.x:y");
        while (other.begin(LUN_1, TEST_UNIT_READY).await().status() != 0) {}
        host.show(luns("0"));
        assertEquals(
                TaskManagement.Response.NO_SUCH_LUN,
                host.manage(TaskManagement.LOGICAL_UNIT_RESET, LUN_1));
        List<TaskManagement.Response> answers = new ArrayList<>();
        host.manage(TaskManagement.TARGET_WARM_RESET, 0, answers::add);
        other.turn();
        host.turnUntil(() -> !answers.isEmpty());
        assertEquals(List.of(TaskManagement.Response.COMPLETE), answers);
        assertEquals("", other.begin(LUN_1, TEST_UNIT_READY).await().sense());
        assertEquals("6/29/02", other.send(TEST_UNIT_READY).sense());
    }
}
