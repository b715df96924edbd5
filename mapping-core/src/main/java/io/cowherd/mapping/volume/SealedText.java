package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.CatalogFields.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.zip.CRC32C;

/// Lines of UTF-8, each ended by a line feed, after a first line that says what they are and proves that they are whole:
/// the magic word, the version (decimal), the bytes after line 1 (decimal), CRC-32C of them (8 small hex digits).
///
/// Such a file is replaced whole ([ReplacedFile]), therefore never torn: a wrong length or sum is damage.
///
/// **Threading.** *Immutable.*
///
/// @param magic first word of the file
/// @param oldest the oldest version that is read
/// @param newest the newest
/// @param refusals what is thrown at a file that is not ours to read
record SealedText(String magic, int oldest, int newest, Refusals refusals) {
    /// Names what is wrong with a file.
    interface Refusals {
        IOException corrupt(Path file, String where, String found, String expected);

        IOException tooNew(Path file, int found, int expected);

        IOException tooOld(Path file, int found, int expected);
    }

    /// Puts lines together.
    interface Reader<T> {
        /// Takes the next line.
        void take(CatalogFields line) throws Fault;

        /// What the lines said.
        T whole() throws Fault;
    }

    /// Writes lines.
    ///
    /// @param version the oldest that can say them
    byte[] seal(int version, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "%s %d %d %s\n".formatted(magic, version, bytes.length, sum(bytes, 0));
        byte[] headBytes = head.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(headBytes.length + bytes.length)
                .put(headBytes)
                .put(bytes)
                .array();
    }

    private static String sum(byte[] bytes, int from) {
        var crc = new CRC32C();
        crc.update(bytes, from, bytes.length - from);
        return "%08x".formatted(crc.getValue());
    }

    /// Reads what [#seal] wrote, or refuses it.
    ///
    /// @param file where the bytes come from, for the messages
    /// @param encoder what would be written of it: any other spelling is refused
    <T> T unseal(byte[] bytes, Path file, Reader<T> reader, Function<T, byte[]> encoder)
            throws IOException {
        int bodyStart = checkHead(bytes, file);
        var lines = new ArrayList<>(List.of(text(bytes, bodyStart, file).split("\n", -1)));
        int lineNumber = 2;
        try {
            if (!lines.removeLast().isEmpty() || lines.isEmpty()) {
                throw new Fault("the end", "no line feed", "one after each line");
            }
            for (String line : lines) {
                reader.take(new CatalogFields(line));
                lineNumber++;
            }
            T whole = reader.whole();
            if (!Arrays.equals(encoder.apply(whole), bytes)) {
                throw new Fault("the whole", "another spelling", "what Cowherd writes");
            }
            return whole;
        } catch (Fault e) {
            throw refusals.corrupt(
                    file, "line " + lineNumber + ", " + e.where(), e.found(), e.expected());
        }
    }

    private int checkHead(byte[] bytes, Path file) throws IOException {
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String head = new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
        String[] words = head.split(" ", -1);
        if (!words[0].equals(magic) || words.length < 2 || !words[1].matches("[0-9]{1,9}")) {
            throw refusals.corrupt(file, "line 1", "\"" + head + "\"", magic + " and a version");
        }
        int found = Integer.parseInt(words[1]);
        if (found > newest) {
            throw refusals.tooNew(file, found, newest);
        }
        if (found < oldest) {
            throw refusals.tooOld(file, found, oldest);
        }
        int bodyStart = Math.min(end + 1, bytes.length);
        String expected =
                "%s %d %d %s"
                        .formatted(magic, found, bytes.length - bodyStart, sum(bytes, bodyStart));
        if (!head.equals(expected)) {
            throw refusals.corrupt(file, "line 1", "\"" + head + "\"", "\"" + expected + "\"");
        }
        return bodyStart;
    }

    private String text(byte[] bytes, int from, Path file) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, bytes.length - from))
                    .toString();
        } catch (CharacterCodingException _) {
            throw refusals.corrupt(file, "after line 1", "other bytes", "UTF-8");
        }
    }
}
