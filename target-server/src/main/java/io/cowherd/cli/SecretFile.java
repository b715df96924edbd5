package io.cowherd.cli;

import io.cowherd.access.PrivateFile;
import io.cowherd.config.access.ChapAccount;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/// Reads a secret that is not to stand on a command line, where other users of the machine could see it.
final class SecretFile {
    private static final String STANDARD_INPUT = "-";
    private static final int MAX_BYTES = ChapAccount.MAX_SECRET_BYTES + 2; // and a line end
    private static final String CURE = "Make it one that only you can read: chmod 600";

    private SecretFile() {}

    /// The secret, without the line end that editors put.
    static String read(String file) throws CommandFailedException {
        try {
            byte[] bytes =
                    file.equals(STANDARD_INPUT)
                            ? System.in.readNBytes(MAX_BYTES + 1)
                            : PrivateFile.read(Path.of(file), MAX_BYTES, CURE);
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.endsWith("\r\n")
                    ? text.substring(0, text.length() - 2)
                    : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (CharacterCodingException _) {
            throw new CommandFailedException(
                    "The secret in " + file + " is no UTF-8 text.",
                    "Hosts type secrets: choose printable characters.");
        } catch (FileSystemException e) {
            String why = e.getReason();
            throw new CommandFailedException(
                    "The secret file " + file + " " + (why == null ? "cannot be read" : why) + ".",
                    why == null ? "Is it there, and may you read it?" : "");
        } catch (IOException e) {
            throw new CommandFailedException(
                    "The secret file " + file + " cannot be read: " + e.getMessage() + ".", "");
        }
    }
}
