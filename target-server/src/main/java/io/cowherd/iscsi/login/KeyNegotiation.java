package io.cowherd.iscsi.login;

import io.cowherd.iscsi.text.PeerText;
import io.cowherd.iscsi.text.TextKeys;
import java.util.List;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// Negotiates the operational keys of one login (RFC 7143 13). Answers what was offered, in its order, and declares our
/// MaxRecvDataSegmentLength; volunteers nothing else, because open-iscsi ends the login over a key that it did not send.
///
/// Recommended answers: `spec/initiators.md` c.1.
///
/// **Threading.** *Confined to the connection's event loop.*
final class KeyNegotiation {
    private static final String MAX_RECV = "MaxRecvDataSegmentLength";
    private static final int MIN_LENGTH = 512;
    private static final int MAX_LENGTH = 0xFF_FFFF;
    private static final int MAX_SECONDS = 3600;
    private static final int OUR_TIME2WAIT = 2;

    private final LoginOffer offer;
    private final SessionType type;

    // What is agreed so far; before, the defaults of RFC 7143 13
    private boolean headerDigest;
    private boolean dataDigest;
    private int initiatorMaxDataSegmentBytes = 8192;
    private int maxBurstBytes = 262_144;
    private int firstBurstBytes = 65_536;
    private boolean initialR2t = true;
    private boolean immediateData = true;
    private boolean hasDeclared;

    KeyNegotiation(LoginOffer offer, SessionType type) {
        this.offer = offer;
        this.type = type;
    }

    /// True for the keys of a CHAP exchange (RFC 7143 12.1.3).
    static boolean isChap(String name) {
        return name.startsWith("CHAP_");
    }

    /// Takes in offered keys and appends the answers.
    ///
    /// @throws LoginRefused if a value is malformed or out of its range
    void negotiate(TextKeys offered, TextKeys answers) throws LoginRefused {
        String burst = offered.get("MaxBurstLength");
        if (burst != null
                && !isReaction(burst)) { // FirstBurstLength, which may come first, leans on it
            maxBurstBytes = Math.min(length("MaxBurstLength", burst), offer.maxBurstBytes());
        }
        for (TextKeys.Key key : offered.all()) {
            String answer = isReaction(key.value()) ? null : answer(key.name(), key.value());
            if (answer != null) {
                answers.add(key.name(), answer);
            }
        }
    }

    /// Declares our MaxRecvDataSegmentLength unless that has been done.
    void declare(TextKeys answers) {
        if (!hasDeclared) {
            answers.add(MAX_RECV, declaration());
        }
    }

    private String declaration() {
        hasDeclared = true;
        return Integer.toString(offer.maxDataSegmentBytes(type));
    }

    SessionParameters agreed() {
        return new SessionParameters(
                headerDigest,
                dataDigest,
                initiatorMaxDataSegmentBytes,
                offer.maxDataSegmentBytes(type),
                maxBurstBytes,
                Math.min(firstBurstBytes, maxBurstBytes),
                initialR2t,
                immediateData);
    }

    /// True for what Windows sends back about a key that it did not expect; answering would go on for ever.
    private static boolean isReaction(String value) {
        return value.equals("NotUnderstood")
                || value.equals("Irrelevant")
                || value.equals("Reject");
    }

    private @Nullable String answer(String name, String value) throws LoginRefused {
        return switch (name) {
            case "InitiatorName", "InitiatorAlias", "TargetName", "SessionType" -> null;
            // The security stage has answered them.
            case "AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R" -> null;
            case "HeaderDigest" -> {
                String chosen = digest(value);
                headerDigest = chosen.equals("CRC32C");
                yield chosen;
            }
            case "DataDigest" -> {
                String chosen = digest(value);
                dataDigest = chosen.equals("CRC32C");
                yield chosen;
            }
            case MAX_RECV -> {
                initiatorMaxDataSegmentBytes = length(name, value);
                yield hasDeclared ? null : declaration();
            }
            case "DefaultTime2Wait" ->
                    text(Math.max(number(name, value, 0, MAX_SECONDS), OUR_TIME2WAIT));
            case "DefaultTime2Retain" -> {
                number(name, value, 0, MAX_SECONDS);
                yield "0"; // nothing outlives the connection
            }
            case "ErrorRecoveryLevel" -> {
                number(name, value, 0, 2);
                yield "0";
            }
            case "IFMarker", "OFMarker" -> {
                yesOrNo(name, value);
                yield "No";
            }
            case "IFMarkInt", "OFMarkInt" -> "Irrelevant";
            default -> type == SessionType.NORMAL ? normal(name, value) : discovery(name);
        };
    }

    /// Keys that mean something in normal sessions only.
    private String normal(String name, String value) throws LoginRefused {
        return switch (name) {
            case "InitialR2T" -> {
                boolean refused =
                        offer.unsolicitedDataOut() == LoginOffer.UnsolicitedDataOut.REFUSED;
                initialR2t = yesOrNo(name, value) || refused;
                yield initialR2t ? "Yes" : "No";
            }
            case "ImmediateData" -> {
                immediateData = yesOrNo(name, value);
                yield immediateData ? "Yes" : "No";
            }
            case "MaxBurstLength" -> text(maxBurstBytes);
            case "FirstBurstLength" -> {
                int bound = Math.min(offer.firstBurstBytes(), maxBurstBytes);
                firstBurstBytes = Math.min(length(name, value), bound);
                yield text(firstBurstBytes);
            }
            case "MaxConnections", "MaxOutstandingR2T" -> {
                number(name, value, 1, 65_535);
                yield "1";
            }
            case "DataPDUInOrder", "DataSequenceInOrder" -> {
                yesOrNo(name, value);
                yield "Yes";
            }
            default -> "NotUnderstood";
        };
    }

    private static String discovery(String name) {
        return switch (name) {
            case "InitialR2T",
                    "ImmediateData",
                    "MaxBurstLength",
                    "FirstBurstLength",
                    "MaxConnections",
                    "MaxOutstandingR2T",
                    "DataPDUInOrder",
                    "DataSequenceInOrder" ->
                    "Irrelevant";
            default -> "NotUnderstood";
        };
    }

    /// The first value that we know, which is the initiator's preference; in discovery sessions `None` if it is offered.
    private String digest(String value) {
        List<String> offered = List.of(value.split(",", -1));
        if (type == SessionType.DISCOVERY && offered.contains("None")) {
            return "None";
        }
        for (String one : offered) {
            if (one.equals("None") || one.equals("CRC32C")) {
                return one;
            }
        }
        return "Reject";
    }

    private static boolean yesOrNo(String name, String value) throws LoginRefused {
        return switch (value) {
            case "Yes" -> true;
            case "No" -> false;
            default -> throw malformed(name, value, "Yes or No");
        };
    }

    private static int length(String name, String value) throws LoginRefused {
        return number(name, value, MIN_LENGTH, MAX_LENGTH);
    }

    /// Reads a decimal or hexadecimal number (RFC 7143 6.1).
    private static int number(String name, String value, int min, int max) throws LoginRefused {
        boolean hex = value.startsWith("0x") || value.startsWith("0X");
        try {
            long number = hex ? Long.parseLong(value.substring(2), 16) : Long.parseLong(value, 10);
            if (number >= min && number <= max) {
                return (int) number;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw malformed(name, value, min + " to " + max);
    }

    private static String text(int number) {
        return Integer.toString(number);
    }

    private static LoginRefused malformed(String name, String value, String expected) {
        return new LoginRefused(
                LoginStatus.INITIATOR_ERROR,
                name + "=" + PeerText.quoted(value) + ", expected " + expected);
    }
}
