package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;
import org.jspecify.annotations.Nullable;

/// Opcodes without the boxed map lookup of jSCSI's `valueOf`.
///
/// **Threading.** *Immutable.*
public final class Opcodes {
    private static final @Nullable OperationCode[] BY_VALUE = new @Nullable OperationCode[64];

    static {
        for (OperationCode opcode : OperationCode.values()) {
            BY_VALUE[opcode.value()] = opcode;
        }
    }

    private Opcodes() {}

    /// The opcode with that value.
    ///
    /// @param value 0 to 63
    /// @return null if the value is not assigned
    public static @Nullable OperationCode of(int value) {
        return BY_VALUE[value];
    }
}
