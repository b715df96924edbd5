package io.cowherd.iscsi.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cowherd.iscsi.pdu.PduRejected;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// `key=value` pairs in their order. A received list has each key at most once; a list to send may repeat TargetName and
/// TargetAddress.
///
/// **Threading.** *Confined to the connection's event loop.*
public final class TextKeys {
    /// Longest key name (RFC 7143 6.1).
    private static final int MAX_NAME_LENGTH = 63;

    /// Most pairs of a received list: the RFC knows about forty keys.
    private static final int MAX_KEYS = 256;

    /// One pair.
    ///
    /// @param name 1 to 63 characters, case-sensitive
    /// @param value may be empty
    public record Key(String name, String value) {}

    private final List<Key> keys = new ArrayList<>();

    /// Decodes text.
    ///
    /// @param text borrowed; read to its limit
    /// @throws PduRejected if a pair has no `=` or no end, a name is empty, too long or repeated, or there are too many, or the bytes are no UTF-8
    public static TextKeys decode(ByteBuffer text) throws PduRejected {
        TextKeys keys = new TextKeys();
        int start = text.position();
        for (int at = start; at < text.limit(); at++) {
            if (text.get(at) == 0) {
                if (at > start) { // some initiators pad with zeros inside of the segment
                    keys.addDecoded(string(text.slice(start, at - start)));
                }
                start = at + 1;
            }
        }
        if (start < text.limit()) {
            throw refused("the last pair has no zero byte at its end");
        }
        return keys;
    }

    private static String string(ByteBuffer bytes) throws PduRejected {
        try {
            return UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException _) {
            throw refused("text that is no UTF-8");
        }
    }

    private void addDecoded(String pair) throws PduRejected {
        int equals = pair.indexOf('=');
        if (equals < 1 || equals > MAX_NAME_LENGTH) {
            throw refused(PeerText.quoted(pair) + " is no key=value");
        }
        String name = pair.substring(0, equals);
        if (get(name) != null) {
            throw refused(PeerText.quoted(name) + " appears twice");
        }
        if (keys.size() == MAX_KEYS) {
            throw refused("more than " + MAX_KEYS + " keys");
        }
        keys.add(new Key(name, pair.substring(equals + 1)));
    }

    private static PduRejected refused(String message) {
        return new PduRejected(ReasonCode.INVALID_PDU_FIELD, message);
    }

    /// Appends a pair.
    ///
    /// @return this
    public TextKeys add(String name, String value) {
        keys.add(new Key(name, value));
        return this;
    }

    /// Value of the first key of that name; null if there is none.
    public @Nullable String get(String name) {
        for (Key key : keys) {
            if (key.name().equals(name)) {
                return key.value();
            }
        }
        return null;
    }

    /// All pairs in their order.
    public List<Key> all() {
        return List.copyOf(keys);
    }

    /// The pairs as they go over the wire; the caller's.
    public ByteBuffer encode() {
        var out = new ByteArrayOutputStream();
        for (Key key : keys) {
            out.writeBytes((key.name() + "=" + key.value()).getBytes(UTF_8));
            out.write(0);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    /// Names only: values may be what proves who somebody is.
    @Override
    public String toString() {
        return keys.stream().map(Key::name).toList().toString();
    }
}
