package io.cowherd.iscsi.discovery;

import io.cowherd.config.HostPort;

/// A network portal: where we listen, and what hosts are told to connect to, which differs behind NAT or in a container.
///
/// **Threading.** *Immutable.*
///
/// @param listen address to bind; port 0 lets the system choose
/// @param advertise address in SendTargets; port 0 means the port that was bound; a wildcard host (`0.0.0.0`, `::`) means
///     the address that the asking host has connected to
/// @param groupTag target portal group tag, and relative target port identifier; 1 to 65535
public record Portal(HostPort listen, HostPort advertise, int groupTag) {
    /// Validates the tag.
    public Portal {
        if (groupTag < 1 || groupTag > 65535) {
            throw new IllegalArgumentException(
                    "Portal group tag " + groupTag + " is not within 1 to 65535.");
        }
    }

    /// A portal of group 1 that is advertised as it is bound.
    public static Portal on(HostPort listen) {
        return new Portal(listen, new HostPort(listen.host(), 0), 1);
    }

    /// The same portal after it was bound.
    ///
    /// @param port the port that the system chose
    public Portal boundTo(int port) {
        int advertised = advertise.port() == 0 ? port : advertise.port();
        return new Portal(
                new HostPort(listen.host(), port),
                new HostPort(advertise.host(), advertised),
                groupTag);
    }

    /// True if hosts are told the address that they came in on.
    public boolean advertisesWildcard() {
        return advertise.host().equals("0.0.0.0") || advertise.host().equals("::");
    }
}
