package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/// A host's habits: its name, its ISID, and how it logs in, key for key and in its order (profile b.1 to b.5).
///
/// @param name iSCSI name
/// @param isid six bytes in hexadecimal
/// @param steps the login requests of a normal session
record Host(String name, String isid, List<Step> steps) {
    /// One login request of a normal session.
    ///
    /// @param flags byte 1: T, CSG, NSG
    /// @param keys `%N` stands for the initiator's name, `%T` for the target's
    record Step(int flags, List<String> keys) {
        static Step of(int flags, String... keys) {
            return new Step(flags, List.of(keys));
        }
    }

    /// Windows, b.3: two steps. A name of nine letters makes the first text 127 bytes long, as in the capture, with one byte
    /// of padding.
    static final Host WINDOWS =
            new Host(
                    "iqn.1991-05.com.microsoft:win-host1",
                    "40 00 01 37 00 01",
                    List.of(
                            Step.of(
                                    0x81,
                                    "InitiatorName=%N",
                                    "SessionType=Normal",
                                    "TargetName=%T",
                                    "AuthMethod=None"),
                            Step.of(
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
                                    "MaxOutstandingR2T=16")));

    /// open-iscsi, b.1: one PDU.
    static final Host LINUX =
            new Host(
                    "iqn.1993-08.org.debian:01:5ca1ab1e",
                    "00 02 3D 00 00 01",
                    List.of(
                            Step.of(
                                    0x87,
                                    "InitiatorName=%N",
                                    "InitiatorAlias=linux-host",
                                    "TargetName=%T",
                                    "SessionType=Normal",
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
                                    "MaxRecvDataSegmentLength=262144")));

    /// ESXi's software initiator, b.4.
    static final Host ESXI =
            new Host(
                    "iqn.1998-01.com.vmware:esx-host1-4fbc8e11",
                    "00 02 3D 00 00 01",
                    List.of(
                            Step.of(
                                    0x87,
                                    "InitiatorName=%N",
                                    "TargetName=%T",
                                    "SessionType=Normal",
                                    "HeaderDigest=None",
                                    "DataDigest=None",
                                    "DefaultTime2Wait=2",
                                    "DefaultTime2Retain=0",
                                    "IFMarker=No",
                                    "OFMarker=No",
                                    "ErrorRecoveryLevel=0",
                                    "InitialR2T=No",
                                    "ImmediateData=Yes",
                                    "MaxBurstLength=262144",
                                    "FirstBurstLength=262144",
                                    "MaxOutstandingR2T=1",
                                    "MaxConnections=1",
                                    "DataPDUInOrder=Yes",
                                    "DataSequenceInOrder=Yes",
                                    "MaxRecvDataSegmentLength=131072")));

    /// libiscsi, b.5: security first.
    static final Host LIBISCSI =
            new Host(
                    "iqn.2007-10.com.github:sahlberg:libiscsi:qemu",
                    "80 12 34 56 00 00",
                    List.of(
                            Step.of(
                                    0x81,
                                    "InitiatorName=%N",
                                    "TargetName=%T",
                                    "SessionType=Normal",
                                    "HeaderDigest=None",
                                    "AuthMethod=None"),
                            Step.of(
                                    0x87,
                                    "DataDigest=None",
                                    "InitialR2T=No",
                                    "ImmediateData=Yes",
                                    "MaxBurstLength=262144",
                                    "FirstBurstLength=262144",
                                    "DefaultTime2Wait=2",
                                    "DefaultTime2Retain=0",
                                    "MaxOutstandingR2T=1",
                                    "ErrorRecoveryLevel=0",
                                    "IFMarker=No",
                                    "OFMarker=No",
                                    "MaxConnections=1",
                                    "MaxRecvDataSegmentLength=262144",
                                    "DataPDUInOrder=Yes",
                                    "DataSequenceInOrder=Yes")));

    /// The same host under another name and ISID.
    Host as(String otherName, String otherIsid) {
        return new Host(otherName, otherIsid, steps);
    }

    /// The same host with one key of its offers changed.
    Host offering(String key, String value) {
        List<Step> changed = new ArrayList<>();
        for (Step step : steps) {
            changed.add(
                    new Step(
                            step.flags(),
                            step.keys().stream()
                                    .map(k -> k.startsWith(key + "=") ? key + "=" + value : k)
                                    .toList()));
        }
        return new Host(name, isid, changed);
    }

    /// Connects and logs in to a target as this host does.
    Initiator logsIn(String portal, String target) {
        Initiator initiator = new Initiator(portal);
        logsIn(initiator, target);
        return initiator;
    }

    /// Logs in over a connection that is there; returns the last answer.
    Message logsIn(Initiator initiator, String target) {
        Message answer = null;
        for (Step step : steps) {
            answer = login(initiator, step, target);
            assertEquals(0, answer.u16(36), "login status");
        }
        return java.util.Objects.requireNonNull(answer);
    }

    /// Sends one login request and receives its answer.
    Message login(Initiator initiator, Step step, String target) {
        String[] keys =
                step.keys().stream()
                        .map(key -> key.replace("%N", name).replace("%T", target))
                        .toArray(String[]::new);
        return login(initiator, step.flags(), keys);
    }

    /// Sends a login request with these keys and receives its answer.
    Message login(Initiator initiator, int flags, String... keys) {
        Message request = Message.of("43 %02X".formatted(flags), Message.text(keys));
        byte[] port = Bytes.of(isid);
        System.arraycopy(port, 0, request.header, 8, port.length);
        request.set(16, 1).set(24, initiator.rules.cmdSn);
        initiator.sends(request);
        Message answer = initiator.receives(0x23);
        if (answer.u16(36) == 0) {
            initiator.rules.agreed.take(request, answer);
        }
        return answer;
    }
}
