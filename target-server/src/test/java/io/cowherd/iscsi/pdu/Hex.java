package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/// Hex dumps with comments, for layout tests: a line is `bytes  # what they are`.
final class Hex {
    private Hex() {}

    static ByteBuffer bytes(String annotated) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(plain(annotated)));
    }

    static String plain(String annotated) {
        return annotated
                .lines()
                .map(line -> line.split("#", 2)[0].replace(" ", ""))
                .reduce("", String::concat);
    }

    static String of(BasicHeader header) {
        return HexFormat.of().formatHex(header.bytes().array());
    }
}
