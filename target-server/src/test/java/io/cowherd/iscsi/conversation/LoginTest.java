package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

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
}
