package io.cowherd.iscsi.login;

import io.cowherd.config.access.ChapAlgorithm;
import io.cowherd.iscsi.text.PeerText;
import io.cowherd.iscsi.text.TextKeys;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// CHAP of one login, after AuthMethod=CHAP is agreed (RFC 7143 12.1.3):
///
/// ```
/// initiator                       target
/// CHAP_A=<list>            ---->
///                          <----  CHAP_A CHAP_I CHAP_C
/// CHAP_N CHAP_R            ---->
///   [CHAP_I CHAP_C]        <----  [CHAP_N CHAP_R]
/// ```
///
/// A challenge is drawn for one response and is not used again: a wrong one ends the login. A host whose challenge is our own
/// would have us answer ourselves, and is refused.
///
/// A name that is not known takes as long as one that is. What is refused says which name, never a response or a secret.
///
/// **Threading.** *Confined to the connection's event loop.*
final class ChapExchange {
    /// Bytes of our challenges. Hosts take up to 1024.
    static final int CHALLENGE_BYTES = 32;

    /// Longest challenge that a host may send, as Windows.
    static final int MAX_CHALLENGE_BYTES = 1024;

    private static final int MAX_IDENTIFIER = 255;

    /// Most algorithms that a host may offer: there are eleven codes.
    private static final int MAX_OFFERED = 64;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ChapSecret NOBODYS = new ChapSecret(random(CHALLENGE_BYTES));

    /// What was asked, and is to be answered.
    private static final class Challenge {
        final ChapAlgorithm algorithm;
        final int identifier = random(1)[0] & MAX_IDENTIFIER;
        final byte[] bytes = random(CHALLENGE_BYTES);

        Challenge(ChapAlgorithm algorithm) {
            this.algorithm = algorithm;
        }
    }

    private final ChapDemand demand;
    private @Nullable Challenge challenge;

    ChapExchange(ChapDemand demand) {
        this.demand = demand;
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /// Answers one request of the exchange.
    ///
    /// @return the proof, once the host has proved who it is
    /// @throws LoginRefused if it has not, and cannot any more
    @Nullable Authenticated answer(TextKeys offered, TextKeys answers) throws LoginRefused {
        String algorithms = offered.get("CHAP_A");
        Challenge asked = challenge;
        if (asked == null) {
            if (algorithms != null) {
                challenge = ask(algorithms, answers);
            }
            refuseIfPresent(offered, "CHAP_N", "CHAP_R", "CHAP_I", "CHAP_C");
            return null;
        }
        refuseIfPresent(offered, "CHAP_A");
        if (offered.get("CHAP_N") == null && offered.get("CHAP_R") == null) {
            refuseIfPresent(offered, "CHAP_I", "CHAP_C");
            return null;
        }
        Authenticated proof = check(asked, offered);
        prove(asked, offered, answers);
        return proof;
    }

    private static void refuseIfPresent(TextKeys offered, String... names) throws LoginRefused {
        for (String name : names) {
            if (offered.get(name) != null) {
                throw malformed(name + " is not due");
            }
        }
    }

    private Challenge ask(String algorithms, TextKeys answers) throws LoginRefused {
        Set<Integer> codes = codes(algorithms);
        for (ChapAlgorithm ours : demand.algorithms()) {
            if (codes.contains(ours.code())) {
                var next = new Challenge(ours);
                answers.add("CHAP_A", Integer.toString(ours.code()));
                answers.add("CHAP_I", Integer.toString(next.identifier));
                answers.add("CHAP_C", ChapBytes.encode(next.bytes));
                return next;
            }
        }
        throw failed("CHAP_A=" + PeerText.quoted(algorithms) + " has none that is accepted here");
    }

    private static Set<Integer> codes(String list) throws LoginRefused {
        String[] parts = list.split(",", MAX_OFFERED + 1);
        if (parts.length > MAX_OFFERED) {
            throw malformed("CHAP_A offers more than " + MAX_OFFERED);
        }
        var codes = new HashSet<Integer>();
        for (String part : parts) {
            codes.add(number("CHAP_A", part));
        }
        return codes;
    }

    private static int number(String key, String text) throws LoginRefused {
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        String digits = hex ? text.substring(2) : text;
        if (digits.matches(hex ? "[0-9a-fA-F]{1,4}" : "[0-9]{1,5}")) {
            int number = Integer.parseInt(digits, hex ? 16 : 10);
            if (number <= MAX_IDENTIFIER) {
                return number;
            }
        }
        throw malformed(key + "=" + PeerText.quoted(text) + ", expected 0 to " + MAX_IDENTIFIER);
    }

    private Authenticated check(Challenge asked, TextKeys offered) throws LoginRefused {
        String name = required(offered, "CHAP_N");
        ChapAlgorithm algorithm = asked.algorithm;
        byte[] response = ChapBytes.decode(required(offered, "CHAP_R"), algorithm.digestBytes());
        if (response == null || response.length != algorithm.digestBytes()) {
            throw failed(
                    "CHAP_R of %s is no value of %d bytes (%s)"
                            .formatted(
                                    PeerText.quoted(name),
                                    algorithm.digestBytes(),
                                    algorithm.digestName()));
        }
        ChapSecret known = demand.secretOf().apply(name);
        ChapSecret secret = known == null ? NOBODYS : known;
        byte[] expected = secret.response(algorithm, asked.identifier, asked.bytes);
        boolean isRight = MessageDigest.isEqual(expected, response);
        if (known == null || !isRight) {
            throw failed(
                    known == null
                            ? "no CHAP account "
                                    + PeerText.quoted(name)
                                    + " is good for this host here"
                            : "wrong CHAP secret of " + PeerText.quoted(name));
        }
        return Authenticated.byChap(name, known);
    }

    /// Answers the host's own challenge, if it has one.
    private void prove(Challenge asked, TextKeys offered, TextKeys answers) throws LoginRefused {
        if (offered.get("CHAP_I") == null && offered.get("CHAP_C") == null) {
            return;
        }
        int identifier = number("CHAP_I", required(offered, "CHAP_I"));
        byte[] theirs = ChapBytes.decode(required(offered, "CHAP_C"), MAX_CHALLENGE_BYTES);
        if (theirs == null) {
            throw malformed("CHAP_C is no value of 1 to " + MAX_CHALLENGE_BYTES + " bytes");
        }
        if (MessageDigest.isEqual(theirs, asked.bytes)) {
            throw failed("CHAP_C is our own: a reflection");
        }
        ChapDemand.Own own = demand.own();
        if (own == null) {
            throw failed("the host wants us to authenticate, and no outgoing account is good here");
        }
        answers.add("CHAP_N", own.name());
        answers.add(
                "CHAP_R",
                ChapBytes.encode(own.secret().response(asked.algorithm, identifier, theirs)));
    }

    private static String required(TextKeys offered, String name) throws LoginRefused {
        String value = offered.get(name);
        if (value == null) {
            throw malformed(name + " is missing");
        }
        return value;
    }

    private static LoginRefused malformed(String why) {
        return new LoginRefused(LoginStatus.INITIATOR_ERROR, why);
    }

    private static LoginRefused failed(String why) {
        return new LoginRefused(LoginStatus.AUTHENTICATION_FAILURE, why);
    }
}
