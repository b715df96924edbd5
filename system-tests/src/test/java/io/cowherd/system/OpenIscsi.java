package io.cowherd.system;

import java.time.Duration;

/// open-iscsi in the guest, logged in to one server: what an administrator types, and what the kernel makes of it.
///
/// **Threading.** As [LinuxGuest#run].
final class OpenIscsi {
    /// Login and scan within this; Kubernetes gives up after three seconds, without an emulated CPU.
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final LinuxGuest guest;
    private final String portal;

    OpenIscsi(LinuxGuest guest, CowherdProcess server) {
        this.guest = guest;
        this.portal = LinuxGuest.HOST + ":" + server.iscsiPort();
    }

    /// Asks the portal for its targets; returns `iscsiadm`'s lines, `PORTAL,TPGT TARGET`.
    String discover() {
        return guest.run(LIMIT, "iscsiadm -m discovery -t sendtargets -p " + portal)
                .succeeded()
                .text();
    }

    /// Changes a setting of `iscsiadm`'s record of a target, for example `node.conn[0].iscsi.DataDigest`.
    void set(String target, String name, String value) {
        guest.run(
                        LIMIT,
                        "iscsiadm -m node -T %s -o update -n '%s' -v '%s'"
                                .formatted(target, name, value))
                .succeeded();
    }

    /// Logs in to a discovered target.
    void login(String target) {
        guest.run(LIMIT, "iscsiadm -m node -T %s --login".formatted(target)).succeeded();
    }

    /// Logs out of a target.
    void logout(String target) {
        guest.run(LIMIT, "iscsiadm -m node -T %s --logout".formatted(target)).succeeded();
    }

    /// Looks for new LUNs in all sessions.
    void rescan() {
        guest.run(LIMIT, "iscsiadm -m session --rescan").succeeded();
    }

    /// All that `iscsiadm` knows about the sessions.
    String sessions() {
        return guest.run(LIMIT, "iscsiadm -m session -P 3").succeeded().text();
    }

    /// The block device of a LUN, for example `/dev/sda`; waits until the kernel has attached it.
    String disk(String target, int lun) {
        return guest.run(
                        LIMIT,
                        """
                        while true; do
                            for session in /sys/class/iscsi_session/session*; do
                                [ "$(cat $session/targetname)" = %s ] || continue
                                for disk in $session/device/target*/*:%d/block/*; do
                                    [ -b "/dev/${disk##*/}" ] && echo "/dev/${disk##*/}" && exit
                                done
                            done
                            usleep 100000
                        done
                        """
                                .formatted(target, lun))
                .succeeded()
                .text();
    }
}
