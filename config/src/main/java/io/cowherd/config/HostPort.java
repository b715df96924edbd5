package io.cowherd.config;

/// A host and a TCP port as an operator types them: `127.0.0.1:3260`, `[::1]:3260`, `storage.example:3260`.
///
/// @param host name or literal address, IPv6 without brackets; never blank
/// @param port 0 to 65535; 0 lets the system choose
public record HostPort(String host, int port) {
    /// Validates both parts.
    public HostPort {
        if (host.isBlank()
                || host.chars().anyMatch(c -> c <= ' ' || c == '[' || c == ']' || c == ',')) {
            throw new IllegalArgumentException("\"" + host + "\" is not a host name or address.");
        }
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("Port " + port + " is not within 0 to 65535.");
        }
    }

    /// Parses `host:port`, `[v6]:port`, or a bare host (with or without brackets), which gets `defaultPort`.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public static HostPort parse(String text, int defaultPort) {
        String host;
        String port;
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0 || (end + 1 < text.length() && text.charAt(end + 1) != ':')) {
                throw malformed(text);
            }
            host = text.substring(1, end);
            port = end + 1 < text.length() ? text.substring(end + 2) : "";
            if (end + 2 == text.length()) {
                throw malformed(text);
            }
        } else {
            int colon = text.indexOf(':');
            if (colon >= 0 && colon != text.lastIndexOf(':')) {
                throw malformed(
                        text); // an IPv6 address without brackets: where would the port start?
            }
            host = colon < 0 ? text : text.substring(0, colon);
            port = colon < 0 ? "" : text.substring(colon + 1);
            if (colon >= 0 && port.isEmpty()) {
                throw malformed(text);
            }
        }
        try {
            return new HostPort(host, port.isEmpty() ? defaultPort : Integer.parseInt(port));
        } catch (NumberFormatException _) {
            throw malformed(text);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not an address. Write HOST:PORT, or [ADDRESS]:PORT for IPv6.");
    }

    /// True if the host is a loopback address or `localhost`, as far as its text shows.
    public boolean isLoopback() {
        return host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
    }

    /// True if the host is a literal IPv6 address.
    public boolean isIpv6() {
        return host.indexOf(':') >= 0;
    }

    /// `host:port`, IPv6 in brackets: what goes into TargetAddress and URLs.
    @Override
    public String toString() {
        return (isIpv6() ? "[" + host + "]" : host) + ":" + port;
    }
}
