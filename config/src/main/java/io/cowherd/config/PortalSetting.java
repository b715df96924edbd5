package io.cowherd.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One portal: where the server listens, and what it tells hosts in discovery. They differ behind NAT or in a container.
///
/// @param listen address and port to bind; port 0 lets the system choose
/// @param advertise address and port that discovery and login answers carry, or null for the one that is bound
public record PortalSetting(HostPort listen, @Nullable HostPort advertise) {
    /// Validates that hosts can use the advertised address.
    public PortalSetting {
        if (advertise != null && advertise.port() == 0) {
            throw new IllegalArgumentException(
                    "Hosts cannot connect to port 0: give the advertised address "
                            + advertise
                            + " a port.");
        }
    }

    /// Matches listen addresses with advertised ones, by order.
    ///
    /// @throws IllegalArgumentException if there are more advertised addresses than portals, or a portal is named twice
    public static List<PortalSetting> pair(List<HostPort> listen, List<HostPort> advertise) {
        if (advertise.size() > listen.size()) {
            throw new IllegalArgumentException(
                    "There are "
                            + advertise.size()
                            + " advertised addresses for "
                            + listen.size()
                            + " portals: the n-th --advertise belongs to the n-th --portal.");
        }
        var portals = new ArrayList<PortalSetting>();
        for (int i = 0; i < listen.size(); i++) {
            portals.add(
                    new PortalSetting(
                            listen.get(i), i < advertise.size() ? advertise.get(i) : null));
        }
        return List.copyOf(portals);
    }
}
