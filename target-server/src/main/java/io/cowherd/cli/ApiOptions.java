package io.cowherd.cli;

import io.cowherd.config.HostPort;
import io.cowherd.config.ServerSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which server a command talks to, and the token it shows.
///
/// The token is that of `--token`, `--token-file`, `COWHERD_TOKEN`, or of `./data/token`, the first of them that is
/// there: what is typed goes before what was exported once. The last is for servers of this machine only: a secret is not
/// sent elsewhere unasked.
final class ApiOptions {
    private static final Path DEFAULT_TOKEN_FILE =
            ServerSettings.DEFAULT_DATA_DIRECTORY.resolve("token");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "the server (default: $COWHERD_SERVER, else http://127.0.0.1:3261)")
    private @Nullable String server;

    @Option(
            names = "--token",
            paramLabel = "TEXT",
            description =
                    "the server's token. Other users of this machine can see arguments: prefer --token-file")
    private @Nullable String token;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description =
                    "file with the token (default: the text of $COWHERD_TOKEN, else the file ./data/token)")
    private @Nullable Path tokenFile;

    ApiClient client() throws CommandFailedException {
        URI uri = uri();
        return new ApiClient(uri, tokenFor(uri));
    }

    /// One that does not wait long for what it asks: there may be others to ask.
    ApiClient impatientClient() throws CommandFailedException {
        return client().impatient();
    }

    /// The same at another node's address. It is shown the token too: it must be of the same cluster.
    ApiClient impatientClient(HostPort address) throws CommandFailedException {
        return new ApiClient(URI.create("http://" + address), tokenFor(uri())).impatient();
    }

    private URI uri() {
        String text = firstGiven(server, CowherdCommand.environment(spec, "COWHERD_SERVER"));
        if (text == null) {
            return URI.create("http://" + ServerSettings.DEFAULT_HTTP);
        }
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            String scheme = uri.getScheme();
            if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
                throw new IllegalArgumentException("it is no http or https URL with a host");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "\""
                            + text
                            + "\" is not a server's URL ("
                            + e.getMessage()
                            + "). Write for example http://127.0.0.1:3261.",
                    e);
        }
    }

    private @Nullable String tokenFor(URI uri) throws CommandFailedException {
        Path file = tokenFile;
        if (file != null && firstGiven(token, null) == null) {
            return read(file);
        }
        String given = firstGiven(token, CowherdCommand.environment(spec, "COWHERD_TOKEN"));
        if (given != null) {
            return given;
        }
        boolean here = new HostPort(bare(uri.getHost()), 0).isLoopback();
        return here && Files.exists(DEFAULT_TOKEN_FILE) ? read(DEFAULT_TOKEN_FILE) : null;
    }

    /// An empty text is none: so `COWHERD_TOKEN= cowherd …` works.
    private static @Nullable String firstGiven(@Nullable String typed, @Nullable String exported) {
        if (typed != null && !typed.isEmpty()) {
            return typed;
        }
        return exported == null || exported.isEmpty() ? null : exported;
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String read(Path file) throws CommandFailedException {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CommandFailedException(
                    "The token file " + file + " cannot be read: " + e + ".",
                    "Name the token file of the server's data directory with --token-file.");
        }
    }
}
