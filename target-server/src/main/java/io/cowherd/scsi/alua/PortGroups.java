package io.cowherd.scsi.alua;

import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// All target port groups by which a target can be reached, on all nodes: what REPORT TARGET PORT GROUPS answers
/// (SPC-4 6.37), the same whatever port it is asked by, because some hosts ask one only. Big-endian.
///
/// Header: RETURN DATA LENGTH (4), bytes that follow; in the extended form then `10`, IMPLICIT TRANSITION TIME in seconds (1),
/// two zeros. Then each group:
///
/// | offset | size | field                                                                       |
/// |-------:|-----:|-----------------------------------------------------------------------------|
/// |      0 |    1 | PREF (bit 7), asymmetric access state (bits 3 to 0)                         |
/// |      1 |    1 | states that it may take: `CF`, all but *logical block dependent*            |
/// |      2 |    2 | target port group                                                           |
/// |      5 |    1 | STATUS CODE: 0 never changed, 2 changed by the target                       |
/// |      7 |    1 | TARGET PORT COUNT                                                           |
/// |      8 |    4 | for each port: two zeros, relative target port identifier (2)               |
///
/// Pinned byte for byte by `PortGroupsLayoutTest`.
///
/// **Threading.** *Immutable.*
///
/// @param groups in the order in which hosts see them; tags and ports are unique
public record PortGroups(List<PortGroup> groups) {
    /// Most groups: one for each node of a cluster.
    public static final int MAX_GROUPS = 64;

    /// A group of one port: a target of one node with one portal.
    public static final PortGroups SINGLE =
            new PortGroups(List.of(PortGroup.active(1, List.of(1))));

    /// Longest time that hosts wait for a group that is transitioning.
    static final int TRANSITION_SECONDS = 15;

    private static final int SUPPORTED_STATES = 0xCF;
    private static final int EXTENDED_FORMAT = 0x10;

    /// Validates that nothing is there twice.
    public PortGroups {
        groups = List.copyOf(groups);
        if (groups.isEmpty() || groups.size() > MAX_GROUPS) {
            throw new IllegalArgumentException(
                    "%d port groups; there are 1 to %d.".formatted(groups.size(), MAX_GROUPS));
        }
        Set<Integer> tags = new HashSet<>();
        Set<Integer> ports = new HashSet<>();
        for (PortGroup group : groups) {
            boolean isNew = tags.add(group.tag());
            for (int port : group.ports()) {
                isNew &= ports.add(port);
            }
            if (!isNew) {
                throw new IllegalArgumentException(
                        "The tag or a port of %s is taken already.".formatted(group));
            }
        }
    }

    /// The group of a port.
    ///
    /// @throws IllegalArgumentException if it is in none
    public PortGroup groupOf(int port) {
        for (PortGroup group : groups) {
            if (group.ports().contains(port)) {
                return group;
            }
        }
        throw new IllegalArgumentException(
                "Relative target port %d is in none of %s.".formatted(port, groups));
    }

    /// The same groups, of which one has come into another state.
    ///
    /// @throws IllegalArgumentException if there is no group of that tag
    public PortGroups with(int tag, AccessState state) {
        if (groups.stream().noneMatch(group -> group.tag() == tag)) {
            throw new IllegalArgumentException("There is no port group " + tag + ".");
        }
        return new PortGroups(
                groups.stream()
                        .map(group -> group.tag() == tag ? group.became(state) : group)
                        .toList());
    }

    /// The answer to REPORT TARGET PORT GROUPS, ready to read.
    public ByteBuffer encode(Cdb.Header header) {
        int headerBytes = header == Cdb.Header.LONG ? 8 : 4;
        int bytes = headerBytes;
        for (PortGroup group : groups) {
            bytes += 8 + 4 * group.ports().size();
        }
        ByteBuffer out = ByteBuffer.allocate(bytes).putInt(bytes - 4);
        if (header == Cdb.Header.LONG) {
            out.put((byte) EXTENDED_FORMAT).put((byte) TRANSITION_SECONDS).putShort((short) 0);
        }
        groups.forEach(group -> put(group, out));
        return out.flip();
    }

    private static void put(PortGroup group, ByteBuffer out) {
        int preferred = group.preference() == PortGroup.Preference.PREFERRED ? 0x80 : 0;
        int status = group.change() == PortGroup.Change.IMPLICIT ? 2 : 0;
        out.put((byte) (preferred | group.state().code())).put((byte) SUPPORTED_STATES);
        out.putShort((short) group.tag());
        out.put((byte) 0).put((byte) status).put((byte) 0).put((byte) group.ports().size());
        for (int port : group.ports()) {
            out.putInt(port);
        }
    }
}
