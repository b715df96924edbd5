package io.cowherd.nodes;

import io.cowherd.config.HostPort;
import io.cowherd.config.ServerSettings;
import java.util.ArrayList;
import java.util.List;

/// A node as the others know it, whether it is up or not.
///
/// **Threading.** *Immutable.*
///
/// @param number 1 to [#MAX_NODES]; its target port group, never given to two nodes at once
/// @param name as users see it
/// @param portals where hosts reach it, as discovery tells them
/// @param management where its API is
/// @param forward where it takes other nodes' commands
/// @param version what it runs, for people
public record NodeRecord(
        int number,
        String name,
        List<HostPort> portals,
        HostPort management,
        HostPort forward,
        String version) {
    /// Most nodes of a cluster: as many as there are target port groups in one report.
    public static final int MAX_NODES = 64;

    /// Longest name, in characters.
    public static final int MAX_NAME_CHARS = 128;

    /// Validates what others rely on.
    public NodeRecord {
        portals = List.copyOf(portals);
        checkNumber(number);
        checkName(name);
        if (portals.isEmpty() || portals.size() > ServerSettings.MAX_PORTALS) {
            throw new IllegalArgumentException(
                    "Node " + name + " has " + portals.size() + " portals.");
        }
    }

    private static void checkNumber(int number) {
        if (number < 1 || number > MAX_NODES) {
            throw new IllegalArgumentException(
                    "Node number " + number + " is not within 1 to " + MAX_NODES + ".");
        }
    }

    /// Refuses a name that cannot be told from another, or breaks lines.
    static void checkName(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*") || name.length() > MAX_NAME_CHARS) {
            throw new IllegalArgumentException(
                    "\""
                            + name
                            + "\" is no name for a node: letters, digits, dots, dashes, "
                            + MAX_NAME_CHARS
                            + " at most.");
        }
    }

    /// Portal group tag, and relative target port identifier, of a node's portal: no two nodes have the same.
    ///
    /// @param number the node's
    /// @param portal its portal, counted from 0
    public static int tag(int number, int portal) {
        checkNumber(number);
        if (portal < 0 || portal >= ServerSettings.MAX_PORTALS) {
            throw new IllegalArgumentException("portal " + portal);
        }
        return (number - 1) * ServerSettings.MAX_PORTALS + portal + 1;
    }

    /// The tags of its portals, in order.
    public List<Integer> tags() {
        var tags = new ArrayList<Integer>();
        for (int portal = 0; portal < portals.size(); portal++) {
            tags.add(tag(number, portal));
        }
        return tags;
    }
}
