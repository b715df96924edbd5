package io.cowherd.management;

import io.cowherd.access.PrivateFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/// The bearer token of the API: made at the first start, kept in a file that only its owner may read.
///
/// **Threading.** *Immutable.*
public final class AccessToken {
    /// Name of the file in the data directory.
    public static final String FILE_NAME = "token";

    private static final int RANDOM_BYTES = 32;
    private static final int MIN_CHARACTERS = 16;
    private static final int MAX_CHARACTERS = 1024;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");

    private final byte[] secret;

    private AccessToken(String text) {
        this.secret = text.getBytes(StandardCharsets.UTF_8);
    }

    /// Reads the token of a data directory, or makes one. The caller holds the directory's lock.
    ///
    /// @throws IOException if the file cannot be read or written, is no plain file, others may read it, or it holds no
    ///     token; says which and what to do
    public static AccessToken open(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve(FILE_NAME);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return read(file);
        }
        return create(file);
    }

    private static AccessToken read(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_CHARACTERS) {
            throw unusable(file, "is not a token's file");
        }
        if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
            throw unusable(file, "may be read or written by others than its owner (want mode 600)");
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip(); // any bytes
        if (text.length() < MIN_CHARACTERS || !text.matches("[\\x21-\\x7e]+")) {
            throw unusable(
                    file,
                    "does not hold a token (at least "
                            + MIN_CHARACTERS
                            + " printable characters without blanks)");
        }
        return new AccessToken(text);
    }

    private static FileSystemException unusable(Path file, String why) {
        return new FileSystemException(
                file.toString(),
                null,
                why + ". Put that right, or remove it: a new one will be made");
    }

    private static AccessToken create(Path file) throws IOException {
        var random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        String text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        PrivateFile.replace(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
        return new AccessToken(text);
    }

    /// True if `offered` is the token. Takes the same time whatever the first difference.
    boolean matches(String offered) {
        return MessageDigest.isEqual(secret, offered.getBytes(StandardCharsets.UTF_8));
    }
}
