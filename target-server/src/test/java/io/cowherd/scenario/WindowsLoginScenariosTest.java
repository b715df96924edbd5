package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How Windows' initiator finds a target, logs in and stays (profile b.2, b.3): scenarios 1, 2, 4, 5 and 16.
class WindowsLoginScenariosTest {
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

    /// 1 WIN-DISC: security stage, operational stage, SendTargets, logout.
    @Test
    void scenario1_winDisc() {
        try (var windows = new Initiator(server.portal(0))) {
            byte[] hello =
                    Message.text(
                            "InitiatorName=iqn.1991-05.com.microsoft:win-host1",
                            "SessionType=Discovery",
                            "AuthMethod=None");
            windows.exchanges(
                            "43 81 00 00 | 00 00 00 58 | 40 00 01 37 00 01 00 00 | 00 00 00 01"
                                    + "| 00 01 00 00 | 00 00 00 01",
                            hello)
                    .is(
                            "23 81 00 00 | 00 00 00 10 | 40 00 01 37 00 01 00 00 | 00 00 00 01"
                                    + "| 00 00 00 00 | 00 00 00 00 | 00 00 00 01 | .. .. .. .."
                                    + "| 00 00 00 00 | 00 00 00 00 00 00 00 00")
                    .says("AuthMethod=None");

            negotiates(windows);
            asksForTargets(windows);
            windows.seesClose();
        }
    }

    private static void negotiates(Initiator windows) {
        byte[] offers =
                Message.text(
                        "HeaderDigest=None,CRC32C",
                        "DataDigest=None,CRC32C",
                        "MaxRecvDataSegmentLength=65536",
                        "DefaultTime2Wait=0",
                        "DefaultTime2Retain=60");
        Message last =
                windows.exchanges(
                                "43 87 00 00 | 00 00 00 00 | 40 00 01 37 00 01 00 00"
                                        + "| 00 00 00 01 | 00 01 00 00 | 00 00 00 01",
                                offers)
                        .is(
                                "23 87 00 00 | 00 00 00 .. | 40 00 01 37 00 01 .. .."
                                        + "| 00 00 00 01 | 00 00 00 00 | 00 00 00 01"
                                        + "| 00 00 00 01 | .. .. .. .. | 00 00 00 00"
                                        + "| 00 00 00 00 00 00 00 00");
        last.says(
                "HeaderDigest=None",
                "DataDigest=None",
                "MaxRecvDataSegmentLength=65536",
                "DefaultTime2Wait=2",
                "DefaultTime2Retain=0");
    }

    private void asksForTargets(Initiator windows) {
        windows.exchanges(
                        "44 80 00 00 | 00 00 00 10 | 00 00 00 00 00 00 00 00 | 00 00 00 02"
                                + "| FF FF FF FF | 00 00 00 01",
                        Message.text("SendTargets=All"))
                .is(
                        "24 80 00 00 | 00 00 .. .. | 00 00 00 00 00 00 00 00 | 00 00 00 02"
                                + "| FF FF FF FF | 00 00 00 02 | 00 00 00 01 | .. .. .. .."
                                + "| 00 00 00 00 00 00 00 00 00 00 00 00")
                .says(
                        "TargetName=" + TARGET,
                        "TargetAddress=" + server.portal(0) + ",1",
                        "TargetAddress=" + server.portal(1) + ",2");

        windows.exchanges(
                        "46 80 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | 00 00 00 03"
                                + "| 00 00 00 00 | 00 00 00 01",
                        NOTHING)
                .is(
                        "26 80 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | 00 00 00 03"
                                + "| 00 00 00 00 | 00 00 00 03 | 00 00 00 01 | .. .. .. .."
                                + "| 00 00 00 00 | 00 00 00 00 | 00 00 00 00");
    }

    /// 2 WIN-LOGIN: 127 bytes of text and one of padding, TargetPortalGroupTag in the first answer, 14 keys in the second. A
    /// target that leaves the padding in its input reads garbage from here on.
    @Test
    void scenario2_winLogin() {
        try (var windows = new Initiator(server.portal(0))) {
            byte[] hello =
                    Message.text(
                            "InitiatorName=iqn.1991-05.com.microsoft:win-host1",
                            "SessionType=Normal",
                            "TargetName=" + TARGET,
                            "AuthMethod=None");
            assertEquals(127, hello.length, "bytes of text, as in the capture");
            windows.exchanges(
                            "43 81 00 00 | 00 00 00 7F | 40 00 01 37 00 01 00 00 | 00 00 00 01"
                                    + "| 00 01 00 00 | 00 00 00 01",
                            hello)
                    .is(
                            "23 81 00 00 | 00 00 00 27 | 40 00 01 37 00 01 00 00 | 00 00 00 01"
                                    + "| 00 00 00 00 | 00 00 00 00 | 00 00 00 01 | .. .. .. .."
                                    + "| 00 00 00 00 | 00 00 00 00 00 00 00 00")
                    .says("AuthMethod=None", "TargetPortalGroupTag=1");

            Message last = Host.WINDOWS.login(windows, Host.WINDOWS.steps().get(1), TARGET);
            last.is(
                    "23 87 00 00 | 00 00 01 .. | 40 00 01 37 00 01 .. .. | 00 00 00 01"
                            + "| 00 00 00 00 | 00 00 00 01 | 00 00 00 01 | 00 00 00 80"
                            + "| 00 00 00 00 | 00 00 00 00 00 00 00 00");
            last.says(
                    "HeaderDigest=None",
                    "DataDigest=None",
                    "ErrorRecoveryLevel=0",
                    "InitialR2T=Yes",
                    "ImmediateData=Yes",
                    "MaxRecvDataSegmentLength=262144",
                    "MaxBurstLength=262144",
                    "FirstBurstLength=65536",
                    "MaxConnections=1",
                    "DataPDUInOrder=Yes",
                    "DataSequenceInOrder=Yes",
                    "DefaultTime2Wait=2",
                    "DefaultTime2Retain=0",
                    "MaxOutstandingR2T=1");
            windows.asks(BASE, Scsi.inquiry(36), 36).good();
        }
        try (var second = new Initiator(server.portal(1))) {
            Message first = Host.WINDOWS.login(second, Host.WINDOWS.steps().getFirst(), TARGET);
            first.says("AuthMethod=None", "TargetPortalGroupTag=2");
        }
    }

    /// 4 WIN-KEYS: what nobody knows is NotUnderstood, what Windows sends back about our keys is not answered again, offers
    /// beyond what we do are clamped, and upper case in a name that an administrator typed is no other name.
    @Test
    void scenario4_winKeys() {
        Host windows = Host.WINDOWS;
        try (var host = new Initiator(server.portal(0))) {
            windows.login(
                            host,
                            0x81,
                            "InitiatorName=iqn.1991-05.com.microsoft:WIN-HOST1",
                            "SessionType=Normal",
                            "TargetName=IQN.2026-11.IO.COWHERD:VG.BASE",
                            "AuthMethod=None")
                    .says("AuthMethod=None", "TargetPortalGroupTag=1");
            windows.login(
                            host,
                            0x04,
                            "MaxConnections=32",
                            "ErrorRecoveryLevel=2",
                            "MaxOutstandingR2T=16",
                            "MaxBurstLength=16776192",
                            "FirstBurstLength=16776192",
                            "X-com.microsoft.unheard-of=1",
                            "iSCSIProtocolLevel=2",
                            "OFMarkInt=2048~8192")
                    .says(
                            "MaxConnections=1",
                            "ErrorRecoveryLevel=0",
                            "MaxOutstandingR2T=1",
                            "MaxBurstLength=262144",
                            "FirstBurstLength=65536",
                            "X-com.microsoft.unheard-of=NotUnderstood",
                            "iSCSIProtocolLevel=NotUnderstood",
                            "OFMarkInt=Irrelevant",
                            "MaxRecvDataSegmentLength=262144");
            Message last =
                    windows.login(host, 0x87, "TargetAlias=NotUnderstood", "OFMarkInt=Irrelevant");
            last.says();
            host.clearsAttentions(BASE);
        }
    }

    /// 5: header digest only, data digest only, both.
    @ParameterizedTest
    @CsvSource({"CRC32C, None", "None, CRC32C", "CRC32C, CRC32C"})
    void scenario5_digests(String header, String digest) {
        Host windows = Host.WINDOWS.offering("HeaderDigest", header).offering("DataDigest", digest);
        byte[] written = Bytes.pattern(5, 200_704); // odd parts: padding is under the digest
        try (var host = windows.logsIn(server.portal(0), TARGET)) {
            host.clearsAttentions(BASE);
            host.gives(BASE, Scsi.write10(3, 392), written).good();
            host.asks(BASE, Scsi.read10(3, 392), 200_704).is(written);
            host.asks(BASE, Scsi.inquiry(5), 5).is("00 00 06 02 5B");
        }
    }

    /// 5: at ErrorRecoveryLevel 0 a wrong digest costs the connection, and nothing of the command is carried out.
    @ParameterizedTest
    @CsvSource({"CRC32C, None, 9", "None, CRC32C, 100"})
    void scenario5_aWrongDigestEndsTheConnection(String header, String digest, int damaged) {
        Host windows = Host.WINDOWS.offering("HeaderDigest", header).offering("DataDigest", digest);
        byte[] before = Bytes.pattern(50, 512);
        try (var host = windows.logsIn(server.portal(0), TARGET)) {
            host.clearsAttentions(BASE);
            host.gives(BASE, Scsi.write10(7, 1), before).good();
            Message write =
                    host.command(BASE, 0xA1, Scsi.write10(7, 1), 512, Bytes.pattern(51, 512));
            byte[] bytes = host.encodes(write);
            bytes[damaged] ^= 1;
            host.rules.sent(write, write.data);
            host.raw(bytes);
            if (digest.equals("CRC32C")) {
                assertEquals(2, host.receives(0x3F).u8(2), "reason: data digest error");
            }
            host.seesClose();
        }
        try (var host = windows.logsIn(server.portal(0), TARGET)) {
            host.clearsAttentions(BASE);
            host.asks(BASE, Scsi.read10(7, 1), 512).is(before);
        }
    }

    /// 16: ten minutes without a word from a host that never pings. The target asks after 15 s of silence, and gives 15 s to
    /// answer; here it is 20 ms and 1 s. A host that answers stays logged in, however long it says nothing else.
    @Test
    void scenario16_idleWithoutNop() throws Exception {
        int rounds = 3;
        server.close();
        server = ServedVolumes.in(data, withKeepAlive(20, 1_000));
        try (var windows = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
            for (int i = 0; i < rounds; i++) {
                Message ping = windows.receives(0x20);
                ping.is(
                        "20 80 00 00 | 00 00 00 00 | 00 00 00 00 00 00 00 00 | FF FF FF FF"
                                + "| .. .. .. .. | .. .. .. .. | 00 00 00 01 | 00 00 00 80"
                                + "| 00 00 00 00 00 00 00 00 00 00 00 00");
                windows.answerPing(ping);
            }
            windows.clearsAttentions(BASE);
            windows.asks(BASE, Scsi.read10(0, 1), 512).good();
        }
    }

    /// 16: a host that is gone without a FIN is noticed; its session does not last for ever.
    @Test
    void scenario16_aHostThatDoesNotAnswerIsDropped() throws Exception {
        server.close();
        server = ServedVolumes.in(data, withKeepAlive(20, 20));
        try (var windows = Host.WINDOWS.logsIn(server.portal(0), TARGET)) {
            windows.receives(0x20);
            windows.seesClose();
        }
    }

    private static Limits withKeepAlive(int intervalMillis, int timeoutMillis) {
        Limits of = Limits.DEFAULTS;
        return new Limits(
                of.loginTimeoutMillis(),
                of.maxConnections(),
                of.maxUnauthenticatedConnections(),
                of.maxUnauthenticatedPerAddress(),
                of.maxSessions(),
                of.maxSessionsPerInitiator(),
                of.commandWindow(),
                of.maxRecvDataSegmentLengthBytes(),
                of.maxTextBytes(),
                of.maxBurstLengthBytes(),
                of.firstBurstLengthBytes(),
                of.maxTransferBytes(),
                of.bufferedBytes(),
                of.unsentBytes(),
                intervalMillis,
                timeoutMillis,
                of.taskManagementTimeoutMillis(),
                of.logoutTimeoutMillis(),
                of.reinstatementTimeoutMillis(),
                of.largestLun(),
                of.ioThreads(),
                of.ioQueue());
    }
}
