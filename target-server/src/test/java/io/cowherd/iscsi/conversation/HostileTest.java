package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.login.LoginOffer.UnsolicitedDataOut;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Initiators that mean harm or are broken: a Reject or a closed connection, and nobody else notices.
@ExtendWith(LeakWatch.class)
class HostileTest {
    @ParameterizedTest
    @ValueSource(ints = {0x07, 0x0F, 0x1C, 0x20, 0x21, 0x25, 0x31, 0x3F})
    void unknownOpcodesAreRejectedWithTheirHeader(int opcode) {
        try (var conversation = new Conversation();
                var initiator = conversation.session()) {
            Pdu strange = Pdu.request(0x40 | opcode, 0x80, 5).with(new byte[77]);
            initiator.sends(strange);
            Pdu reject = initiator.receives(0x3F);
            assertEquals(5, reject.u8(2), "command not supported");
            assertEquals(-1, reject.itt());
            assertEquals(
                    new Pdu(reject.data, new byte[0]).toString(),
                    new Pdu(strange.bhs.array(), new byte[0]).toString());
            Pdu inTurn = Pdu.request(opcode, 0x80, 5).set(24, initiator.cmdSn++);
            initiator.sends(inTurn);
            assertEquals(initiator.cmdSn, initiator.receives(0x3F).expCmdSn());
            initiator.sync();
        }
    }

    @Test
    void whatIsLegalElsewhereIsRejectedHere() {
        try (var conversation = new Conversation();
                var initiator = conversation.session()) {
            initiator.sends(Pdu.request(0x10, 0x80, 5));
            assertEquals(3, initiator.receives(0x3F).u8(2), "SNACK");
            initiator.sends(initiator.login(0x87, "InitiatorName=iqn.a:b"));
            assertEquals(4, initiator.receives(0x3F).u8(2), "login in full feature phase");
            initiator.sends(initiator.command(1, 0x87, 0, 0x00));
            assertEquals(9, initiator.receives(0x3F).u8(2), "attribute 7");
            initiator.sends(initiator.command(-1, 0x81, 0, 0x00));
            assertEquals(9, initiator.receives(0x3F).u8(2), "task tag FFFFFFFF");
            Pdu ahs = initiator.command(1, 0x81, 0, 0x00);
            ahs.bhs.put(4, (byte) 1);
            initiator.raw(initiator.encode(ahs));
            initiator.raw(new byte[] {-1, -1, 1, 0});
            assertEquals(9, initiator.receives(0x3F).u8(2), "AHS beyond its end");
            initiator.sync();
        }
    }

    /// A web browser that was given the portal's port: what it says looks like a header with an AHS that never comes.
    @Test
    void anotherProtocolIsNotWaitedFor() {
        try (var conversation = new Conversation();
                var initiator = new ScriptedInitiator(conversation.address())) {
            initiator.raw(
                    "GET /v1/volumes HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n"
                            .getBytes(UTF_8));
            initiator.seesClose();
        }
    }

    /// Sessions worth of valid PDUs, mutated: bits flipped, bytes set, cut, doubled, lengths changed. The server stays up, a
    /// session beside is never disturbed, and in the end nothing is held.
    @Test
    void mutatedPdusHurtNobody() {
        long seed = Long.getLong("cowherd.seed", System.nanoTime());
        System.err.println("HostileTest seed " + seed);
        Random random = new Random(seed);
        try (var conversation = new Conversation(Limits.DEFAULTS, UnsolicitedDataOut.GRANTED);
                var witness = conversation.initiator()) {
            witness.logsInAs("iqn.witness:x", TARGET);
            for (int round = 0; round < 400; round++) {
                attack(conversation, random, round);
                witness.sends(witness.read10(round, round, 16));
                assertEquals(8192, witness.receives(0x25).data.length, "seed " + seed);
            }
            Conversation.eventually(
                    "only the witness is left, seed " + seed,
                    () -> conversation.server.connections() == 1);
            Conversation.eventually(
                    "nothing is held, seed " + seed,
                    () -> conversation.server.bufferedBytes() == 0);
        }
    }

    private static void attack(Conversation conversation, Random random, int round) {
        boolean digests = random.nextInt(4) == 0;
        try (var attacker = new ScriptedInitiator(conversation.address())) {
            if (round % 5 == 0) {
                byte[] login =
                        attacker.encode(
                                attacker.login(
                                        0x87,
                                        "InitiatorName=iqn.attacker.login:x", // no rival of the
                                        // next
                                        "TargetName=" + TARGET));
                attacker.raw(mutate(login, random));
                return;
            }
            attacker.logsInAs(
                    "iqn.attacker:x",
                    TARGET,
                    "InitialR2T=No",
                    "HeaderDigest=" + (digests ? "CRC32C" : "None"));
            for (byte[] pdu : script(attacker, random)) {
                attacker.raw(random.nextInt(3) == 0 ? mutate(pdu, random) : pdu);
            }
        } catch (UncheckedIOException _) {
            // it was thrown out in the middle of its speech
        }
    }

    private static List<byte[]> script(ScriptedInitiator attacker, Random random) {
        List<Pdu> pdus = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int itt = random.nextInt(6);
            pdus.add(
                    switch (random.nextInt(12)) {
                        case 0 -> attacker.read10(itt, random.nextInt(64), random.nextInt(64));
                        case 1 ->
                                attacker.write10(itt, 15_000, 8)
                                        .with(new byte[random.nextInt(4096)]);
                        case 2 -> attacker.write10(itt, 15_000, 256).set8(1, 0x21);
                        case 3 ->
                                dataOut(
                                        itt,
                                        -1,
                                        0,
                                        0,
                                        random.nextBoolean(),
                                        new byte[random.nextInt(2048)]);
                        case 4 -> dataOut(itt, 1 + random.nextInt(4), 0, 0, true, new byte[512]);
                        case 5 -> attacker.nopOut(new byte[random.nextInt(100)]);
                        case 6 -> attacker.textRequest("SendTargets=", "X-a=b");
                        case 7 -> attacker.taskManagement(1 + random.nextInt(6), itt);
                        case 8 ->
                                attacker.command(
                                        itt, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1));
                        case 9 ->
                                attacker.command(
                                        itt, 0xC1, 1024, rw10(FakeTarget.LATER_READ, 0, 2));
                        case 10 ->
                                attacker.command(
                                        itt, 0xA1, 512, rw10(FakeTarget.PARKED_WRITE, 15_000, 1));
                        default -> attacker.logout(random.nextInt(3));
                    });
        }
        return pdus.stream().map(attacker::encode).toList();
    }

    private static byte[] mutate(byte[] pdu, Random random) {
        byte[] bytes = pdu.clone();
        switch (random.nextInt(5)) {
            case 0 -> bytes[random.nextInt(48)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[random.nextInt(48)] = (byte) random.nextInt();
            case 2 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 3 -> bytes[4 + random.nextInt(4)] = (byte) random.nextInt(16);
            default -> {
                for (int i = 0; i < 8; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
        }
        return bytes;
    }
}
