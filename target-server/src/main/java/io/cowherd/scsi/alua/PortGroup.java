package io.cowherd.scsi.alua;

import java.util.List;

/// A target port group: the ports of one node, which are always in the same state (SPC-4 6.37).
///
/// **Threading.** *Immutable.*
///
/// @param tag target port group identifier; 1 to 65535
/// @param state how well its ports reach the logical units
/// @param preference whether hosts should prefer it
/// @param change who brought it into this state
/// @param ports relative target port identifiers, which are the tags of iSCSI portal groups; each 1 to 65535
public record PortGroup(
        int tag, AccessState state, Preference preference, Change change, List<Integer> ports) {
    /// Most ports of one group: what one node may have.
    public static final int MAX_PORTS = 64;

    /// PREF.
    public enum Preference {
        /// 0.
        NONE,
        /// 1: hosts should use it if they can.
        PREFERRED
    }

    /// STATUS CODE.
    public enum Change {
        /// 0: nobody yet.
        NONE,
        /// 2: the target itself. 1, a host by SET TARGET PORT GROUPS, does not happen here.
        IMPLICIT
    }

    /// Validates the numbers.
    public PortGroup {
        ports = List.copyOf(ports);
        if (!isIdentifier(tag) || ports.isEmpty() || ports.size() > MAX_PORTS) {
            throw new IllegalArgumentException(
                    "Port group %d with %d ports: a tag is 1 to 65535, and there are 1 to %d ports."
                            .formatted(tag, ports.size(), MAX_PORTS));
        }
        for (int port : ports) {
            if (!isIdentifier(port)) {
                throw new IllegalArgumentException(
                        "Relative target port %d of group %d is not within 1 to 65535."
                                .formatted(port, tag));
            }
        }
    }

    private static boolean isIdentifier(int number) {
        return number >= 1 && number <= 0xFFFF;
    }

    /// A group that is active/optimized, and has been from the start.
    public static PortGroup active(int tag, List<Integer> ports) {
        return new PortGroup(
                tag, AccessState.ACTIVE_OPTIMIZED, Preference.NONE, Change.NONE, ports);
    }

    /// The same group after the target has changed its state.
    PortGroup became(AccessState next) {
        return new PortGroup(tag, next, preference, Change.IMPLICIT, ports);
    }
}
