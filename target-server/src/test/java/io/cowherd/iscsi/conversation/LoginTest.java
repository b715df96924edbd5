package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Logins as real hosts do them, byte by byte (spec/initiators.md b.1 to b.5), and those that must fail.
@ExtendWith(LeakWatch.class)
class LoginTest {
    private final Conversation conversation = new Conversation();

    @AfterEach
    void stop() {
        conversation.close();
    }

    @Test
    void linuxLogsInWithOnePdu() {
        try (var linux = conversation.initiator()) {
            Pdu answer =
                    linux.logsIn(
                            TARGET,
                            "HeaderDigest=None",
                            "DataDigest=None",
                            "DefaultTime2Wait=2",
                            "DefaultTime2Retain=0",
                            "IFMarker=No",
                            "OFMarker=No",
                            "ErrorRecoveryLevel=0",
                            "InitialR2T=No",
                            "ImmediateData=Yes",
                            "MaxBurstLength=16776192",
                            "FirstBurstLength=262144",
                            "MaxOutstandingR2T=1",
                            "MaxConnections=1",
                            "DataPDUInOrder=Yes",
                            "DataSequenceInOrder=Yes",
                            "MaxRecvDataSegmentLength=262144");
            assertEquals(
                    "TargetPortalGroupTag=1|HeaderDigest=None|DataDigest=None|DefaultTime2Wait=2|"
                            + "DefaultTime2Retain=0|IFMarker=No|OFMarker=No|ErrorRecoveryLevel=0|"
                            + "InitialR2T=Yes|ImmediateData=Yes|MaxBurstLength=262144|"
                            + "FirstBurstLength=65536|MaxOutstandingR2T=1|MaxConnections=1|"
                            + "DataPDUInOrder=Yes|DataSequenceInOrder=Yes|MaxRecvDataSegmentLength=262144|",
                    answer.text());
            assertEquals(0x87, answer.flags());
            assertNotEquals(0, answer.u16(14), "TSIH");
            assertEquals(1, answer.expCmdSn());
            assertEquals(128, answer.maxCmdSn());
            linux.sends(linux.testUnitReady());
            assertEquals(0, linux.receives(0x21).u8(3));
        }
    }

    /// The 127 bytes of text in the first request need a pad byte, over which targets have stumbled.
    @Test
    void windowsLogsInWithTwoPdus() {
        try (var windows = conversation.initiator()) {
            String host = "InitiatorName=iqn.1991-05.com.microsoft:windows";
            Pdu first =
                    windows.login(
                            0x81,
                            host,
                            "SessionType=Normal",
                            "TargetName=" + TARGET,
                            "AuthMethod=None");
            assertEquals(127, first.data.length);
            windows.sends(first);
            Pdu answer = windows.receives(0x23);
            assertEquals("AuthMethod=None|TargetAlias=base|TargetPortalGroupTag=1|", answer.text());
            assertEquals(0x81, answer.flags());
            assertEquals(0, answer.u16(14), "TSIH before the end");
            assertArrayEquals(
                    new byte[] {0x40, 0, 1, 0x37, 0, 0},
                    java.util.Arrays.copyOfRange(answer.bhs.array(), 8, 14));

            windows.sends(
                    windows.login(
                            0x87,
                            "HeaderDigest=None,CRC32C",
                            "DataDigest=None,CRC32C",
                            "ErrorRecoveryLevel=2",
                            "InitialR2T=No",
                            "ImmediateData=Yes",
                            "MaxRecvDataSegmentLength=65536",
                            "MaxBurstLength=262144",
                            "FirstBurstLength=65536",
                            "MaxConnections=32",
                            "DataPDUInOrder=Yes",
                            "DataSequenceInOrder=Yes",
                            "DefaultTime2Wait=0",
                            "DefaultTime2Retain=60",
                            "MaxOutstandingR2T=16"));
            Pdu end = windows.receives(0x23);
            assertEquals(
                    "HeaderDigest=None|DataDigest=None|ErrorRecoveryLevel=0|InitialR2T=Yes|"
                            + "ImmediateData=Yes|MaxRecvDataSegmentLength=262144|MaxBurstLength=262144|"
                            + "FirstBurstLength=65536|MaxConnections=1|DataPDUInOrder=Yes|"
                            + "DataSequenceInOrder=Yes|DefaultTime2Wait=2|DefaultTime2Retain=0|"
                            + "MaxOutstandingR2T=1|",
                    end.text());
            assertEquals(0x87, end.flags());
            assertNotEquals(0, end.u16(14), "TSIH");
            windows.sends(windows.testUnitReady());
            assertEquals(0, windows.receives(0x21).u8(3));
        }
    }

    @Test
    void esxiSplitsHeaderAndData() {
        try (var esxi = conversation.initiator()) {
            byte[] bytes =
                    esxi.encode(
                            esxi.login(
                                    0x87,
                                    "InitiatorName=iqn.1998-01.com.vmware:esx",
                                    "SessionType=Discovery",
                                    "HeaderDigest=None",
                                    "DataDigest=None",
                                    "DefaultTime2Wait=0",
                                    "DefaultTime2Retain=0",
                                    "IFMarker=No",
                                    "OFMarker=No",
                                    "ErrorRecoveryLevel=0",
                                    "MaxRecvDataSegmentLength=32768"));
            for (byte one : bytes) { // worse than ESXi: every byte in a segment of its own
                esxi.raw(new byte[] {one});
            }
            assertEquals(
                    "HeaderDigest=None|DataDigest=None|DefaultTime2Wait=2|DefaultTime2Retain=0|"
                            + "IFMarker=No|OFMarker=No|ErrorRecoveryLevel=0|MaxRecvDataSegmentLength=65536|",
                    esxi.receives(0x23).text());
        }
    }

    @Test
    void libiscsiJumpsFromSecurityToFullFeature() {
        try (var libiscsi = conversation.initiator()) {
            libiscsi.sends(
                    libiscsi.login(
                            0x83,
                            "InitiatorName=iqn.2007-10.com.github:sahlberg:libiscsi",
                            "TargetName=" + TARGET,
                            "SessionType=Normal",
                            "HeaderDigest=None,CRC32C",
                            "AuthMethod=CHAP,None"));
            Pdu answer = libiscsi.receives(0x23);
            assertEquals(0x83, answer.flags());
            assertEquals(
                    "AuthMethod=None|TargetAlias=base|TargetPortalGroupTag=1|HeaderDigest=None|"
                            + "MaxRecvDataSegmentLength=262144|",
                    answer.text());
            assertNotEquals(0, answer.u16(14), "TSIH");
        }
    }

    @Test
    void unknownKeysAreNotUnderstoodAndReactionsAreNotAnswered() {
        try (var windows = conversation.initiator()) {
            Pdu answer =
                    windows.logsIn(
                            TARGET,
                            "X-com.example.key=1",
                            "iSCSIProtocolLevel=2",
                            "HeaderDigest=NotUnderstood",
                            "DataDigest=Foo,Bar",
                            "IFMarkInt=2048~8192",
                            "MaxRecvDataSegmentLength=0x10000");
            assertEquals(
                    "TargetPortalGroupTag=1|X-com.example.key=NotUnderstood|"
                            + "iSCSIProtocolLevel=NotUnderstood|DataDigest=Reject|IFMarkInt=Irrelevant|"
                            + "MaxRecvDataSegmentLength=262144|",
                    answer.text());
        }
    }

    @Test
    void textMayComeInSeveralPdus() {
        try (var initiator = conversation.initiator()) {
            initiator.sends(
                    initiator
                            .login(0x44, "x")
                            .with("InitiatorName=iqn.a:b\0Target".getBytes(ISO_8859_1)));
            Pdu more = initiator.receives(0x23);
            assertEquals(0x04, more.flags(), "CSG 1, neither T nor C");
            assertEquals(0, more.data.length);
            initiator.sends(
                    initiator.login(0x87).with(("Name=" + TARGET + "\0").getBytes(ISO_8859_1)));
            assertEquals(0x87, initiator.receives(0x23).flags());
        }
    }

    @ParameterizedTest
    @CsvSource({
        // flags, status, keys separated by |
        "135, 0x0207, TargetName=iqn.x",
        "135, 0x0207, InitiatorName=iqn.a:b",
        "135, 0x0203, InitiatorName=iqn.a:b|TargetName=iqn.x",
        "135, 0x0200, InitiatorName=nonsense|TargetName=iqn.x",
        "135, 0x0209, InitiatorName=iqn.a:b|SessionType=Other",
        "135, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery|MaxBurstLength=511",
        "135, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery|ErrorRecoveryLevel=x",
        "135, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery|DefaultTime2Wait=99999999999999999999",
        "135, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery|IFMarker=yes",
        "135, 0x0200, InitiatorName=iqn.a:b|InitiatorName=iqn.a:b",
        "135, 0x0200, no equals sign",
        "129, 0x0201, InitiatorName=iqn.a:b|SessionType=Discovery|AuthMethod=CHAP",
        "134, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery", // NSG 2
        "133, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery", // NSG = CSG
        "143, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery", // CSG 3
        "199, 0x0200, InitiatorName=iqn.a:b|SessionType=Discovery", // T and C
    })
    void badLoginsAreRefusedWithAStatusAndClosed(int flags, String status, String keys) {
        try (var initiator = conversation.initiator()) {
            initiator.sends(initiator.login(flags, keys.split("\\|")));
            Pdu answer = initiator.receives(0x23);
            assertEquals(Integer.decode(status), answer.u16(36), answer::text);
            assertEquals(0, answer.flags() & 0xC0, "no T, no C");
            assertEquals(0, answer.data.length);
            initiator.seesClose();
        }
    }

    @Test
    void connectionsForExistingSessionsAndNewerVersionsAreRefused() {
        try (var first = conversation.initiator();
                var second = conversation.initiator();
                var third = conversation.initiator();
                var fourth = conversation.initiator()) {
            int tsih = first.logsIn(TARGET).u16(14);
            Pdu login = second.login(0x87, "InitiatorName=iqn.a:b", "TargetName=" + TARGET);
            login.bhs.putShort(14, (short) tsih);
            second.sends(login);
            assertEquals(0x0206, second.receives(0x23).u16(36), "too many connections");
            login.bhs.putShort(14, (short) (tsih + 1));
            third.sends(login);
            assertEquals(0x020A, third.receives(0x23).u16(36), "session does not exist");
            fourth.sends(fourth.login(0x87, "InitiatorName=iqn.a:b").set8(3, 1));
            assertEquals(0x0205, fourth.receives(0x23).u16(36), "version");
        }
    }

    @Test
    void anythingElseBeforeTheEndOfTheLoginIsRefused() {
        try (var initiator = conversation.initiator()) {
            initiator.sends(initiator.textRequest("SendTargets=All"));
            assertEquals(0x020B, initiator.receives(0x23).u16(36));
            initiator.seesClose();
        }
    }

    @Test
    void theLoginTimerClosesSlowConnections() {
        try (var slow = conversation.initiator();
                var fast = conversation.session()) {
            slow.sends(slow.login(0x44).with("k".getBytes(ISO_8859_1)));
            slow.receives(0x23); // so its clock runs
            conversation.timers.advance(10_000);
            fast.sync();
            slow.sends(slow.login(0x44).with("k".getBytes(ISO_8859_1)));
            slow.receives(0x23); // and goes on running
            slow.raw(new byte[47]);
            fast.sync();
            conversation.timers.advance(4_999);
            fast.sync();
            conversation.timers.advance(1);
            slow.seesClose();
            fast.sync();
        }
    }

    @Test
    void namesAreFoldedToLowerCase() {
        try (var initiator = conversation.initiator()) {
            initiator.logsInAs("IQN.1993-08.org.DEBIAN:01:Host", TARGET.toUpperCase(Locale.ROOT));
            assertEquals(
                    List.of("iqn.1993-08.org.debian:01:host,i,0x400001370000"),
                    conversation.fake.openPorts());
            var info = conversation.server.sessions().getFirst();
            assertEquals("iqn.1993-08.org.debian:01:host", info.initiator());
            assertEquals("400001370000", info.isid());
            assertEquals(TARGET, info.target());
        }
    }

    @Test
    void statusNumbersBeginWhereTheInitiatorSays() {
        try (var initiator = conversation.initiator()) {
            initiator.expStatSn = 0xFFFF_FFFE;
            initiator.logsIn(TARGET);
            initiator.sync();
            initiator.sync(); // and wrap
            assertEquals(1, initiator.expStatSn);
        }
    }

    @Test
    void sessionsShowWhatWasAgreedOn() {
        try (var initiator =
                conversation.session(
                        "DataDigest=CRC32C",
                        "MaxRecvDataSegmentLength=4096",
                        "MaxBurstLength=16384",
                        "FirstBurstLength=8192",
                        "ImmediateData=No")) {
            var agreed = conversation.server.sessions().getFirst().parameters();
            assertFalse(agreed.headerDigest());
            assertTrue(agreed.dataDigest());
            assertEquals(4096, agreed.initiatorMaxDataSegmentBytes());
            assertEquals(16384, agreed.maxBurstBytes());
            assertEquals(8192, agreed.firstBurstBytes());
            assertFalse(agreed.immediateData());
            initiator.sends(initiator.textRequest("MaxRecvDataSegmentLength=8192"));
            initiator.receives(0x24);
            agreed = conversation.server.sessions().getFirst().parameters();
            assertEquals(8192, agreed.initiatorMaxDataSegmentBytes());
        }
    }

    @Test
    void aTextWithoutEndIsRefused() {
        try (var initiator = conversation.initiator()) {
            byte[] part = "k".repeat(8192).getBytes(ISO_8859_1);
            for (int i = 0; i < 8; i++) {
                initiator.sends(initiator.login(0x44).with(part));
                assertEquals(0, initiator.receives(0x23).u16(36));
            }
            initiator.sends(initiator.login(0x44).with(part));
            assertEquals(0x0200, initiator.receives(0x23).u16(36));
            initiator.seesClose();
        }
    }
}
