package io.cowherd.management;

import io.cowherd.config.HostPort;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.regex.Pattern;

/// Who may ask: checks before any endpoint sees a request.
///
/// - On loopback, a request must name a loopback host. A web page whose name was made to point at 127.0.0.1 (DNS
///   rebinding) sends its own name and gets nowhere. No CORS header is ever sent, so other origins read nothing.
/// - Everything under `/v1` needs the bearer token.
///
/// **Threading.** *Immutable.*
final class Guard {
    private static final String SCHEME = "bearer ";
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\." + OCTET + "){3}");

    private final AccessToken token;
    private final boolean loopbackOnly;

    Guard(AccessToken token, HostPort address) {
        this.token = token;
        this.loopbackOnly = address.isLoopback();
    }

    void checkHost(RoutingContext context) {
        if (namesSeveralHosts(context.request())) {
            Answers.send(
                    context,
                    Problem.invalid(
                            "The request names its host more than once.",
                            "Send one Host header, and the path alone in the request line."));
            return;
        }
        HostAndPort asked = context.request().authority();
        if (asked == null || (loopbackOnly && !isLoopback(asked.host()))) {
            Answers.send(
                    context,
                    new Problem(
                            Problem.FORBIDDEN,
                            "FORBIDDEN",
                            "Wrong host",
                            "This API is for this machine and was asked for as \""
                                    + (asked == null ? "" : asked.host())
                                    + "\".",
                            "Use 127.0.0.1, [::1] or localhost in the URL."));
            return;
        }
        context.next();
    }

    /// Two Host headers, or one and a URI with a host of its own (RFC 9112 3.2): which of them a proxy in between believed
    /// is not known.
    private static boolean namesSeveralHosts(HttpServerRequest request) {
        return !request.uri().startsWith("/") || request.headers().getAll("Host").size() > 1;
    }

    private static boolean isLoopback(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        return bare.equalsIgnoreCase("localhost")
                || bare.equals("::1")
                || LOOPBACK_V4.matcher(bare).matches();
    }

    void checkToken(RoutingContext context) {
        String header = context.request().getHeader("Authorization");
        if (header == null
                || !header.toLowerCase(Locale.ROOT).startsWith(SCHEME)
                || !token.matches(header.substring(SCHEME.length()).strip())) {
            context.response().putHeader("WWW-Authenticate", "Bearer realm=\"cowherd\"");
            Answers.send(
                    context,
                    new Problem(
                            Problem.UNAUTHORIZED,
                            "UNAUTHORIZED",
                            "Token wanted",
                            header == null
                                    ? "The request carries no token."
                                    : "The request does not carry this server's token.",
                            "Send \"Authorization: Bearer TOKEN\" with the text of the file token in the"
                                    + " server's data directory."));
            return;
        }
        context.next();
    }
}
