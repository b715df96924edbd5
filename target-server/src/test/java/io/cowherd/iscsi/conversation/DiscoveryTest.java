package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginOffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// SendTargets (RFC 7143 appendix C), and text requests at large.
@ExtendWith(LeakWatch.class)
class DiscoveryTest {
    private static ScriptedInitiator discovers(ScriptedInitiator initiator, String... more) {
        String[] keys = new String[2 + more.length];
        keys[0] = "InitiatorName=iqn.1993-08.org.debian:01:host";
        keys[1] = "SessionType=Discovery";
        System.arraycopy(more, 0, keys, 2, more.length);
        initiator.sends(initiator.login(0x87, keys));
        assertEquals(0, initiator.receives(0x23).u16(36));
        return initiator;
    }

    private static String asks(ScriptedInitiator initiator, String... keys) {
        initiator.sends(initiator.textRequest(keys));
        Pdu answer = initiator.receives(0x24);
        assertEquals(0x80, answer.flags());
        assertEquals(-1, answer.u32(20), "TTT");
        return answer.text();
    }

    @Test
    void answersAllOneAndNone() {
        try (var conversation = new Conversation();
                var initiator = discovers(conversation.initiator())) {
            conversation.targets.add(
                    new TargetEntry("iqn.2026-11.io.cowherd:other", "", conversation.fake));
            String address = "TargetAddress=" + conversation.address() + ",1|";
            String one = "TargetName=" + TARGET + "|" + address;
            String other = "TargetName=iqn.2026-11.io.cowherd:other|" + address;
            assertEquals(one + other, asks(initiator, "SendTargets=All"));
            assertEquals(other, asks(initiator, "SendTargets=iqn.2026-11.io.cowherd:OTHER"));
            assertEquals("", asks(initiator, "SendTargets=iqn.nobody"));
            assertEquals("SendTargets=Reject|", asks(initiator, "SendTargets="));
            assertEquals("SendTargets=Reject|", asks(initiator, "SendTargets=all"));
            assertEquals("sendtargets=NotUnderstood|", asks(initiator, "sendtargets=All"));
            assertEquals("HeaderDigest=Reject|", asks(initiator, "HeaderDigest=CRC32C"));
        }
    }

    @Test
    void portalsOfOtherNodesAreToldBehindOurs() {
        try (var conversation = new Conversation();
                var initiator = discovers(conversation.initiator())) {
            HostPort v6 = new HostPort("::1", 3260);
            conversation.portalsElsewhere =
                    List.of(
                            new Portal(v6, v6, 65),
                            new Portal(v6, new HostPort("192.0.2.3", 3260), 129));
            assertEquals(
                    "TargetName=%s|TargetAddress=%s,1|TargetAddress=[::1]:3260,65|TargetAddress=192.0.2.3:3260,129|"
                            .formatted(TARGET, conversation.address()),
                    asks(initiator, "SendTargets=All"));
        }
    }

    /// ESXi asks with a CmdSN that counts, and logs out.
    @Test
    void aRequestMayTakeItsTurn() {
        try (var conversation = new Conversation();
                var esxi = discovers(conversation.initiator())) {
            Pdu request = esxi.textRequest("SendTargets=All").set8(0, 0x04).set(24, 1);
            esxi.sends(request);
            assertEquals(2, esxi.receives(0x24).expCmdSn());
            esxi.cmdSn = 2;
            esxi.sends(esxi.logout(0));
            Pdu answer = esxi.receives(0x26);
            assertEquals(0, answer.u8(2));
            esxi.seesClose();
        }
    }

    @Test
    void aNormalSessionSeesItsOwnTargetOnly() {
        try (var conversation = new Conversation();
                var initiator = conversation.session()) {
            conversation.targets.add(
                    new TargetEntry("iqn.2026-11.io.cowherd:other", "", conversation.fake));
            String own =
                    "TargetName=" + TARGET + "|TargetAddress=" + conversation.address() + ",1|";
            assertEquals(own, asks(initiator, "SendTargets="));
            assertEquals(own, asks(initiator, "SendTargets=" + TARGET));
            assertEquals("SendTargets=Reject|", asks(initiator, "SendTargets=All"));
            assertEquals(
                    "SendTargets=Reject|",
                    asks(initiator, "SendTargets=iqn.2026-11.io.cowherd:other"));
        }
    }

    @Test
    void scsiIsNotForDiscoverySessions() {
        try (var conversation = new Conversation();
                var initiator = discovers(conversation.initiator())) {
            Pdu command = initiator.testUnitReady();
            initiator.sends(command);
            Pdu reject = initiator.receives(0x3F);
            assertEquals(4, reject.u8(2), "protocol error");
            initiator.sends(initiator.taskManagement(5, -1));
            assertEquals(4, initiator.receives(0x3F).u8(2));
            initiator.sync();
        }
    }

    /// Ten thousand targets do not fit into one PDU of 8192 bytes: the initiator fetches the rest piece by piece.
    @Test
    void aLongAnswerGoesOnInTheNextPdu() {
        try (var conversation = new Conversation();
                var initiator =
                        discovers(conversation.initiator(), "MaxRecvDataSegmentLength=512")) {
            for (int i = 0; i < 100; i++) {
                conversation.targets.add(
                        new TargetEntry("iqn.2026-11.io.cowherd:many." + i, "", conversation.fake));
            }
            Pdu request = initiator.textRequest("SendTargets=All");
            initiator.sends(request);
            StringBuilder text = new StringBuilder();
            Pdu part = initiator.receives(0x24);
            while ((part.flags() & 0x40) != 0) {
                assertEquals(512, part.data.length);
                text.append(part.text());
                initiator.sends(
                        Pdu.request(0x44, 0x80, request.itt())
                                .set(20, part.u32(20))
                                .set(24, initiator.cmdSn));
                part = initiator.receives(0x24);
            }
            text.append(part.text());
            assertEquals(0x80, part.flags());
            assertEquals(101, text.toString().split("TargetName=", -1).length - 1);
            assertTrue(text.toString().contains(":many.99|TargetAddress="));
        }
    }

    @Test
    void aLongRequestGoesOnInTheNextPdu() {
        try (var conversation = new Conversation();
                var initiator = discovers(conversation.initiator())) {
            Pdu first =
                    Pdu.request(0x44, 0x40, 9)
                            .with(new byte[] {'S', 'e', 'n', 'd', 'T'})
                            .set(20, -1)
                            .set(24, 1);
            initiator.sends(first);
            Pdu more = initiator.receives(0x24);
            assertEquals(0, more.flags());
            assertEquals(0, more.data.length);
            initiator.sends(
                    Pdu.request(0x44, 0x80, 9).text("argets=All").set(20, more.u32(20)).set(24, 1));
            assertTrue(initiator.receives(0x24).text().startsWith("TargetName=" + TARGET));
        }
    }

    @Test
    void textWithoutEndAndUnknownTagsAreRejected() {
        try (var conversation = new Conversation();
                var initiator = discovers(conversation.initiator())) {
            initiator.sends(Pdu.request(0x44, 0x80, 9).set(20, 77).set(24, 1));
            assertEquals(4, initiator.receives(0x3F).u8(2));
            byte[] part = new byte[65_536];
            java.util.Arrays.fill(part, (byte) 'k');
            initiator.sends(Pdu.request(0x44, 0x40, 9).with(part).set(20, -1).set(24, 1));
            int ttt = initiator.receives(0x24).u32(20);
            initiator.sends(Pdu.request(0x44, 0x40, 9).with(new byte[1]).set(20, ttt).set(24, 1));
            assertEquals(0x0A, initiator.receives(0x3F).u8(2), "long operation reject");
            initiator.sends(initiator.textRequest("no equals sign"));
            Pdu reject = initiator.receives(0x3F);
            assertEquals(9, reject.u8(2), "invalid PDU field");
            initiator.sync();
        }
    }

    @Test
    void advertisesWhatIsConfiguredAndWildcardsAsTheHostCameIn() {
        var portals =
                List.of(
                        new Portal(
                                new HostPort("127.0.0.1", 0),
                                new HostPort("storage.example", 3260),
                                1),
                        Portal.on(new HostPort("::", 0)),
                        new Portal(new HostPort("127.0.0.2", 0), new HostPort("0.0.0.0", 0), 7));
        try (var conversation =
                new Conversation(Limits.DEFAULTS, LoginOffer.UnsolicitedDataOut.REFUSED, portals)) {
            var bound = conversation.server.boundAddresses();
            try (var v4 = discovers(new ScriptedInitiator(bound.get(2)))) {
                assertEquals(
                        "TargetName=%s|TargetAddress=storage.example:3260,1|TargetAddress=127.0.0.2:%d,7|"
                                .formatted(TARGET, bound.get(2).port()),
                        asks(v4, "SendTargets=All"));
            }
            try (var v6 =
                    discovers(new ScriptedInitiator(new HostPort("::1", bound.get(1).port())))) {
                assertEquals(
                        "TargetName=%s|TargetAddress=storage.example:3260,1|TargetAddress=[0:0:0:0:0:0:0:1]:%d,1|"
                                .formatted(TARGET, bound.get(1).port()),
                        asks(v6, "SendTargets=All"));
            }
        }
    }
}
