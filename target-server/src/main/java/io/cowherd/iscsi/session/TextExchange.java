package io.cowherd.iscsi.session;

import io.cowherd.iscsi.discovery.SendTargets;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginIdentity;
import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.TextRequestHeader;
import io.cowherd.iscsi.pdu.TextResponseHeader;
import io.cowherd.iscsi.text.TextKeys;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// Text requests in full feature phase (RFC 7143 11.10): SendTargets, and MaxRecvDataSegmentLength, which an initiator may
/// change at any time. One exchange at a time; a text that is longer than one PDU goes on in the next, both ways.
///
/// **Threading.** *Confined to the connection's event loop.*
final class TextExchange {
    private static final int MIN_DATA_SEGMENT_BYTES = 512;
    private static final int MAX_DATA_SEGMENT_BYTES = 0xFF_FFFF;

    // Immutable
    private final Session session;
    private final TargetDirectory directory;
    private final Supplier<SendTargets> sendTargets;
    private final Responses responses;
    private final TextCollector request;
    private final TextResponseHeader response = new TextResponseHeader();
    private final IntConsumer changeDataSegmentBytes;

    // Owned by the event loop
    private int partBytes;
    private int exchangeTag;
    private @Nullable ByteBuffer rest;

    /// @param changeDataSegmentBytes is told when the initiator declares another MaxRecvDataSegmentLength
    TextExchange(
            Session session,
            TargetDirectory directory,
            Supplier<SendTargets> sendTargets,
            Responses responses,
            int maxTextBytes,
            IntConsumer changeDataSegmentBytes) {
        this.session = session;
        this.directory = directory;
        this.sendTargets = sendTargets;
        this.responses = responses;
        this.request = new TextCollector(maxTextBytes);
        this.partBytes = session.parameters().initiatorMaxDataSegmentBytes();
        this.changeDataSegmentBytes = changeDataSegmentBytes;
    }

    /// Answers one request PDU.
    ///
    /// @param text its data, borrowed
    void request(TextRequestHeader header, ByteBuffer text) throws PduRejected {
        if (header.ttt() == BasicHeader.NO_TAG) {
            reset();
        } else if (header.ttt() != exchangeTag) {
            throw new PduRejected(
                    ReasonCode.PROTOCOL_ERROR,
                    "text request goes on with unknown TTT %08x".formatted(header.ttt()));
        }
        if (rest != null && !text.hasRemaining()) {
            sendPart(header.itt(), rest);
            return;
        }
        rest = null;
        request.add(text);
        if (header.continues()) {
            response.wantsMore(header.itt(), exchangeTag);
            responses.send(response);
            return;
        }
        ByteBuffer answer = answer(request.take()).encode();
        if (header.isFinal()) {
            sendPart(header.itt(), answer);
        } else { // the initiator has not said its last word, so neither may we
            response.wantsMore(header.itt(), exchangeTag);
            responses.send(response, answer.limit(Math.min(answer.limit(), partBytes)));
        }
    }

    private void reset() {
        exchangeTag = exchangeTag == Integer.MAX_VALUE ? 1 : exchangeTag + 1;
        request.clear();
        rest = null;
    }

    private void sendPart(int itt, ByteBuffer all) {
        if (all.remaining() <= partBytes) {
            rest = null;
            response.last(itt);
            responses.send(response, all);
        } else {
            ByteBuffer part = all.slice(all.position(), partBytes);
            rest = all.position(all.position() + partBytes);
            response.partial(itt, exchangeTag);
            responses.send(response, part);
        }
    }

    private TextKeys answer(TextKeys asked) {
        TextKeys answers = new TextKeys();
        for (TextKeys.Key key : asked.all()) {
            switch (key.name()) {
                case "SendTargets" -> sendTargets(key.value(), answers);
                case "MaxRecvDataSegmentLength" -> declare(key.value(), answers);
                case "InitiatorAlias" -> {}
                case "InitiatorName",
                        "TargetName",
                        "SessionType",
                        "AuthMethod",
                        "HeaderDigest",
                        "DataDigest",
                        "InitialR2T",
                        "ImmediateData",
                        "MaxBurstLength",
                        "FirstBurstLength",
                        "MaxConnections",
                        "MaxOutstandingR2T",
                        "DataPDUInOrder",
                        "DataSequenceInOrder",
                        "DefaultTime2Wait",
                        "DefaultTime2Retain",
                        "ErrorRecoveryLevel" ->
                        answers.add(key.name(), "Reject"); // login only
                default -> answers.add(key.name(), "NotUnderstood");
            }
        }
        return answers;
    }

    private void sendTargets(String which, TextKeys answers) {
        LoginIdentity identity = session.identity();
        TargetEntry own = identity.target();
        if (own == null && which.equals("All")) {
            directory.targets().forEach(target -> sendTargets.get().describe(target, answers));
        } else if (own != null && (which.isEmpty() || which.equalsIgnoreCase(own.name()))) {
            sendTargets.get().describe(own, answers);
        } else if (own == null && which.indexOf('.') > 0) {
            TargetEntry target = directory.find(which.toLowerCase(Locale.ROOT));
            if (target != null) {
                sendTargets.get().describe(target, answers);
            }
        } else {
            answers.add("SendTargets", "Reject");
        }
    }

    private void declare(String value, TextKeys answers) {
        try {
            int bytes = Integer.parseInt(value);
            if (bytes >= MIN_DATA_SEGMENT_BYTES && bytes <= MAX_DATA_SEGMENT_BYTES) {
                partBytes = bytes;
                changeDataSegmentBytes.accept(bytes);
                return;
            }
        } catch (NumberFormatException _) {
            // rejected below
        }
        answers.add("MaxRecvDataSegmentLength", "Reject");
    }
}
