package io.cowherd.drill.initiator;

import io.cowherd.iscsi.pdu.BasicHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A PDU of the target's.
///
/// **Threading.** *Immutable.*
///
/// @param header its 48 bytes
/// @param data its data segment, without padding
record ReceivedPdu(BasicHeader header, ByteBuffer data) {
    int opcode() {
        return header.opcode();
    }

    int u8(int offset) {
        return Byte.toUnsignedInt(header.bytes().get(offset));
    }

    int u16(int offset) {
        return Short.toUnsignedInt(header.bytes().getShort(offset));
    }

    int u32(int offset) {
        return header.bytes().getInt(offset);
    }

    /// The text keys in their order, `name=value`. SendTargets repeats some.
    List<String> texts() {
        String all = StandardCharsets.UTF_8.decode(data.duplicate()).toString();
        return all.isEmpty() ? List.of() : List.of(all.split("\0"));
    }

    /// Value of the first key of that name; null if there is none.
    @Nullable String text(String name) {
        for (String text : texts()) {
            if (text.startsWith(name + "=")) {
                return text.substring(name.length() + 1);
            }
        }
        return null;
    }
}
