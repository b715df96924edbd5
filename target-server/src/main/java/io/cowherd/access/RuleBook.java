package io.cowherd.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cowherd.config.HostPort;
import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.Grant;
import io.cowherd.config.access.InitiatorPattern;
import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.config.access.Network;
import io.cowherd.config.access.Redirect;
import io.cowherd.iscsi.login.ChapSecret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The rules on disk, in the data directory:
///
/// ```
/// access            one line "cowherd-access 1 crc32c=XXXXXXXX", then JSON of which that is the checksum; mode 600
/// access.previous   the same before the last change, to be put in its place by hand
/// secrets/          one file for each CHAP secret, mode 600, named by the account that it belongs to
/// ```
///
/// A secret is durable before a rule names it, and goes after neither of the two pages does; what a crash leaves is cleared away
/// at the next start. A book that cannot be read keeps the server from starting: without its rules it would let everybody in.
///
/// **Threading.** *Confined to whoever holds the lock of [AccessControl].*
final class RuleBook {
    private static final Logger LOG = LoggerFactory.getLogger(RuleBook.class);

    private static final String FILE = "access";
    private static final String PREVIOUS = "access.previous";
    private static final String SECRETS = "secrets";

    /// Our own files among the secrets: kept, and half written.
    private static final Pattern OWN =
            Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\\.new)?");

    private static final String MAGIC = "cowherd-access 1 crc32c=";
    private static final int MAX_BYTES = 16 << 20;
    private static final String CURE =
            "Put it right, or put access.previous in its place; without the file the server starts without rules";

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    // The form on disk: names stay, whatever the records are called

    record Page(List<GrantLine> grants, List<AccountLine> chap, List<RedirectLine> redirects) {}

    record GrantLine(
            String target, String initiator, List<String> networks, String luns, String access) {}

    record AccountLine(
            String name,
            String direction,
            List<String> scopes,
            String initiator,
            String secretFile) {}

    record RedirectLine(String target, List<String> portals, String duration) {}

    /// What the book says.
    ///
    /// @param rules the rules
    /// @param secrets secret of each account, by its name
    record Contents(AccessRules rules, Map<String, ChapSecret> secrets) {
        Contents {
            secrets = Map.copyOf(secrets);
        }
    }

    private final Path folder;

    /// What the book was when it was last read or written; null if it was not there.
    private @Nullable Stamp seen;

    /// Tells one generation of a file from the next, which is another file.
    private record Stamp(@Nullable Object key, FileTime written, long bytes) {}

    RuleBook(Path dataDirectory) {
        this.folder = dataDirectory;
    }

    // -- reading --

    /// Reads the rules and their secrets, and clears away what a crash may have left.
    ///
    /// @throws IOException naming the file, what is wrong with it and what to do
    Contents open() throws IOException {
        Contents contents = read();
        clearLeftovers(contents.rules());
        return contents;
    }

    /// True if it is not what was last read or written here: another node has replaced it.
    boolean hasChanged() throws IOException {
        return !Objects.equals(stamp(), seen);
    }

    private @Nullable Stamp stamp() throws IOException {
        try {
            var attributes = Files.readAttributes(folder.resolve(FILE), BasicFileAttributes.class);
            return new Stamp(
                    attributes.fileKey(), attributes.lastModifiedTime(), attributes.size());
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    /// Reads the rules and their secrets.
    ///
    /// @throws IOException naming the file, what is wrong with it and what to do
    Contents read() throws IOException {
        Stamp before = stamp(); // a replacement from here on is seen the next time
        AccessRules rules = rules(FILE);
        var secrets = new HashMap<String, ChapSecret>();
        for (ChapAccount account : rules.accounts()) {
            secrets.put(account.name(), secret(account));
        }
        seen = before;
        return new Contents(rules, secrets);
    }

    private AccessRules rules(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return AccessRules.EMPTY;
        }
        byte[] bytes = PrivateFile.read(file, MAX_BYTES, CURE);
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        String title = new String(bytes, 0, end, StandardCharsets.US_ASCII);
        if (!title.startsWith(MAGIC)) {
            throw PrivateFile.unusable(file, "does not begin with \"" + MAGIC + "\"", CURE);
        }
        byte[] page = Arrays.copyOfRange(bytes, Math.min(end + 1, bytes.length), bytes.length);
        if (!title.equals(title(page))) {
            throw PrivateFile.unusable(file, "does not match its checksum", CURE);
        }
        try {
            return rules(JSON.readValue(page, Page.class));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw PrivateFile.unusable(file, "says what cannot be: " + e.getMessage(), CURE);
        }
    }

    private static String title(byte[] page) {
        var crc = new CRC32C();
        crc.update(page);
        return MAGIC + "%08x".formatted(crc.getValue());
    }

    private static AccessRules rules(Page page) {
        return new AccessRules(
                page.grants().stream()
                        .map(
                                line ->
                                        new Grant(
                                                line.target(),
                                                new InitiatorPattern(line.initiator()),
                                                line.networks().stream()
                                                        .map(Network::parse)
                                                        .toList(),
                                                new LunRights(
                                                        LunSet.parse(line.luns()),
                                                        LunRights.Access.valueOf(line.access()))))
                        .toList(),
                page.chap().stream()
                        .map(
                                line ->
                                        new ChapAccount(
                                                line.name(),
                                                ChapAccount.Direction.valueOf(line.direction()),
                                                line.scopes(),
                                                new InitiatorPattern(line.initiator()),
                                                line.secretFile()))
                        .toList(),
                page.redirects().stream()
                        .map(
                                line ->
                                        new Redirect(
                                                line.target(),
                                                line.portals().stream()
                                                        .map(p -> HostPort.parse(p, 0))
                                                        .toList(),
                                                Redirect.Duration.valueOf(line.duration())))
                        .toList());
    }

    private ChapSecret secret(ChapAccount account) throws IOException {
        Path file = folder.resolve(SECRETS).resolve(account.secretFile());
        String cure =
                "Put the secret of the CHAP account "
                        + account.name()
                        + " there again, with mode 600";
        byte[] bytes = PrivateFile.read(file, ChapAccount.MAX_SECRET_BYTES, cure);
        if (bytes.length < ChapAccount.MIN_SECRET_BYTES) {
            throw PrivateFile.unusable(file, "is no secret", cure);
        }
        return new ChapSecret(bytes);
    }

    /// Without a page before this one that can be read, nobody knows what it names, and nothing goes.
    private void clearLeftovers(AccessRules rules) {
        try {
            tidy(rules, rules(PREVIOUS));
        } catch (IOException e) {
            LOG.warn("Secrets that no rule names stay where they are: {}", e.toString());
        }
    }

    // -- writing --

    /// Keeps a secret durably, under a name that nobody has.
    ///
    /// @return name of its file
    String keep(byte[] secret) throws IOException {
        Path secrets = folder.resolve(SECRETS);
        PrivateFile.makeFolder(secrets);
        String name = UUID.randomUUID().toString();
        PrivateFile.replace(secrets.resolve(name), secret);
        return name;
    }

    /// Replaces the rules, durably, and keeps those before.
    ///
    /// @param before the rules until now
    /// @throws IOException if the new rules are not written; those before are what will be read
    void write(AccessRules rules, AccessRules before) throws IOException {
        if (Files.exists(folder.resolve(FILE))) {
            PrivateFile.replace(folder.resolve(PREVIOUS), bytes(before));
        }
        PrivateFile.replace(folder.resolve(FILE), bytes(rules));
        seen = stamp();
    }

    /// Deletes secrets that neither these rules nor those before name. What cannot be deleted is logged, and tried again at the
    /// next change or start; what is not ours stays.
    void tidy(AccessRules rules, AccessRules before) {
        var named = new HashSet<String>();
        rules.accounts().forEach(account -> named.add(account.secretFile()));
        before.accounts().forEach(account -> named.add(account.secretFile()));
        Path secrets = folder.resolve(SECRETS);
        if (!Files.isDirectory(secrets)) {
            return;
        }
        try (Stream<Path> files = Files.list(secrets)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!named.contains(name)
                        && OWN.matcher(name).matches()
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("Secrets that no rule names are still there: {}", e.toString());
        }
    }

    private static byte[] bytes(AccessRules rules) throws IOException {
        byte[] page = JSON.writeValueAsBytes(page(rules));
        byte[] title = (title(page) + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(title, title.length + page.length);
        System.arraycopy(page, 0, bytes, title.length, page.length);
        return bytes;
    }

    private static Page page(AccessRules rules) {
        return new Page(
                rules.grants().stream()
                        .map(
                                g ->
                                        new GrantLine(
                                                g.target(),
                                                g.initiator().text(),
                                                g.networks().stream()
                                                        .map(Network::toString)
                                                        .toList(),
                                                g.rights().luns().toString(),
                                                g.rights().access().name()))
                        .toList(),
                rules.accounts().stream()
                        .map(
                                a ->
                                        new AccountLine(
                                                a.name(),
                                                a.direction().name(),
                                                a.scopes(),
                                                a.initiator().text(),
                                                a.secretFile()))
                        .toList(),
                rules.redirects().stream()
                        .map(
                                r ->
                                        new RedirectLine(
                                                r.target(),
                                                r.portals().stream()
                                                        .map(HostPort::toString)
                                                        .toList(),
                                                r.duration().name()))
                        .toList());
    }
}
