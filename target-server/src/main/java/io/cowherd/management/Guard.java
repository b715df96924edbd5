package io.cowherd.management;

import io.cowherd.config.HostPort;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;

/// Who may ask: checks before any endpoint sees a request.
///
/// - On loopback, a request must name a loopback host. A web page whose name was made to point at 127.0.0.1 (DNS
///   rebinding) sends its own name and gets nowhere. No CORS header is ever sent, so other origins read nothing.
/// - Everything under `/v1` needs the bearer token.
///
/// **Threading.** *Immutable.*
final class Guard {
    private static final String SCHEME = "bearer ";

    private final AccessToken token;
    private final boolean loopbackOnly;

    Guard(AccessToken token, HostPort address) {
        this.token = token;
        this.loopbackOnly = address.isLoopback();
    }

    void checkHost(RoutingContext context) {
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

    private static boolean isLoopback(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        return bare.equalsIgnoreCase("localhost")
                || bare.equals("::1")
                || bare.matches("127(\\.[0-9]{1,3}){3}");
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
