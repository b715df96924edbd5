package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.ChapAlgorithm;
import io.cowherd.iscsi.login.ChapBytes;
import io.cowherd.iscsi.login.ChapSecret;
import io.cowherd.iscsi.text.TextKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jscsi.parser.OperationCode;
import org.jspecify.annotations.Nullable;

/// The login phase (RFC 7143 6.3), from a host's side: security if there is an account, then operational parameters.
///
/// **Threading.** *Confined to the thread of its [Paths].*
final class Login {
    /// Default port of a portal (RFC 7143 4.1).
    private static final int DEFAULT_PORT = 3260;

    /// Most requests of one stage: a target that always wants one more is given up.
    private static final int MAX_REQUESTS = 8;

    private static final int MAX_CHALLENGE_BYTES = 1024;
    private static final int TRANSIT = 0x80;
    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;
    private static final int REDIRECTION = 1;

    private final PduChannel channel;
    private final HostIdentity who;
    private int tsih;

    private Login(PduChannel channel, HostIdentity who) {
        this.channel = channel;
        this.who = who;
    }

    /// Logs in.
    ///
    /// @param target null for a discovery session
    /// @throws LoginRefusedException if the target says so, as RedirectedException
    /// @throws IOException if the connection is gone, or what the target says makes no sense
    static void perform(PduChannel channel, HostIdentity who, @Nullable String target)
            throws IOException {
        new Login(channel, who).perform(target);
    }

    private void perform(@Nullable String target) throws IOException {
        var keys = new TextKeys().add("InitiatorName", who.name());
        keys.add("SessionType", target == null ? "Discovery" : "Normal");
        if (target != null) {
            keys.add("TargetName", target);
        }
        HostIdentity.Account account = who.account();
        if (account != null) {
            authenticate(account, keys);
            keys = new TextKeys();
        }
        keys.add("HeaderDigest", "None").add("DataDigest", "None");
        keys.add("MaxRecvDataSegmentLength", Integer.toString(PduChannel.MAX_SEGMENT_BYTES));
        keys.add("ErrorRecoveryLevel", "0").add("DefaultTime2Wait", "0");
        keys.add("DefaultTime2Retain", "0");
        if (target != null) {
            keys.add("MaxConnections", "1").add("InitialR2T", "Yes").add("ImmediateData", "Yes");
        }
        ReceivedPdu answer = transit(OPERATIONAL, FULL_FEATURE, keys);
        if ("No".equals(answer.text("ImmediateData"))) {
            throw new IOException("the target takes no immediate data");
        }
    }

    private void authenticate(HostIdentity.Account account, TextKeys keys) throws IOException {
        ReceivedPdu answer = ask(SECURITY, SECURITY, keys.add("AuthMethod", "CHAP,None"));
        TextKeys proof = new TextKeys();
        if ("CHAP".equals(answer.text("AuthMethod"))) {
            String known =
                    Arrays.stream(ChapAlgorithm.values())
                            .map(algorithm -> Integer.toString(algorithm.code()))
                            .collect(Collectors.joining(","));
            ReceivedPdu asked = ask(SECURITY, SECURITY, new TextKeys().add("CHAP_A", known));
            proof.add("CHAP_N", account.user()).add("CHAP_R", response(account, asked));
        }
        transit(SECURITY, OPERATIONAL, proof);
    }

    private static String response(HostIdentity.Account account, ReceivedPdu asked)
            throws IOException {
        String code = required(asked, "CHAP_A");
        byte[] challenge = ChapBytes.decode(required(asked, "CHAP_C"), MAX_CHALLENGE_BYTES);
        for (ChapAlgorithm algorithm : ChapAlgorithm.values()) {
            if (code.equals(Integer.toString(algorithm.code())) && challenge != null) {
                var secret = new ChapSecret(account.secret().getBytes(StandardCharsets.UTF_8));
                int identifier = number(required(asked, "CHAP_I"));
                return ChapBytes.encode(secret.response(algorithm, identifier, challenge));
            }
        }
        throw new IOException("the target's CHAP challenge makes no sense");
    }

    private static int number(String text) throws IOException {
        try {
            return Integer.decode(text);
        } catch (NumberFormatException e) {
            throw new IOException("the target's CHAP identifier makes no sense", e);
        }
    }

    private static String required(ReceivedPdu answer, String key) throws IOException {
        String value = answer.text(key);
        if (value == null) {
            throw new IOException("the target's login response has no " + key);
        }
        return value;
    }

    /// Asks until the target goes on to the next stage.
    private ReceivedPdu transit(int stage, int next, TextKeys keys) throws IOException {
        ReceivedPdu answer = ask(stage, next, keys);
        for (int requests = 1; (answer.u8(1) & TRANSIT) == 0; requests++) {
            if (requests == MAX_REQUESTS) {
                throw new IOException("the login does not end");
            }
            answer = ask(stage, next, new TextKeys());
        }
        return answer;
    }

    /// One request and its answer.
    ///
    /// @param next the same as `stage` if it is not to be left
    private ReceivedPdu ask(int stage, int next, TextKeys keys) throws IOException {
        int flags = (stage << 2) | (next == stage ? 0 : TRANSIT | next);
        ByteBuffer request = channel.immediate(OperationCode.LOGIN_REQUEST, flags);
        request.putLong(8, (who.isid() << 16) | tsih).putInt(16, 0);
        channel.send(request, keys.encode());
        ReceivedPdu answer = channel.receive();
        if (answer.opcode() != OperationCode.LOGIN_RESPONSE.value()) {
            throw new IOException("no login response, but opcode " + answer.opcode());
        }
        int status = answer.u16(36);
        if (status >> 8 == REDIRECTION) {
            throw new RedirectedException(status, redirect(answer));
        }
        if (status != 0) {
            throw new LoginRefusedException(status);
        }
        tsih = answer.u16(14);
        return answer;
    }

    private static HostPort redirect(ReceivedPdu answer) throws IOException {
        return portal(required(answer, "TargetAddress"));
    }

    /// A TargetAddress: `host[:port][,tag]`.
    static HostPort portal(String address) throws IOException {
        try {
            return HostPort.parse(address.replaceFirst(",.*", ""), DEFAULT_PORT);
        } catch (IllegalArgumentException e) {
            throw new IOException("TargetAddress=" + address + " makes no sense", e);
        }
    }
}
