package io.cowherd.system;

import java.time.Duration;

/// open-iscsi in the guest, logged in to one server: what an administrator types, and what the kernel makes of it.
///
/// **Threading.** As [LinuxGuest#run].
final class OpenIscsi {
    /// How the names of the guest's hosts begin: its own is `guest`.
    static final String HOST_PREFIX = "iqn.2026-11.io.cowherd:";

    /// `iscsiadm`'s ISCSI_ERR_LOGIN_AUTH_FAILED.
    static final int NOT_AUTHORIZED = 24;

    /// `iscsiadm`'s ISCSI_ERR_FATAL_LOGIN.
    static final int FATAL_LOGIN = 19;

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
        return tryDiscover().succeeded().text();
    }

    /// The same with `iscsiadm`'s status: [#NOT_AUTHORIZED] if the portal does not let us in.
    Tool.Result tryDiscover() {
        return guest.run(LIMIT, "iscsiadm -m discovery -t sendtargets -p " + portal);
    }

    /// Changes a setting of `iscsiadm`'s record of a target, for example `node.conn[0].iscsi.DataDigest`.
    void set(String target, String name, String value) {
        guest.run(
                        LIMIT,
                        "iscsiadm -m node -T %s -o update -n '%s' -v '%s'"
                                .formatted(target, name, value))
                .succeeded();
    }

    /// Logs in to a discovered target, by every portal that discovery has named.
    void login(String target) {
        tryLogin(target).succeeded();
    }

    /// The same with `iscsiadm`'s status: [#NOT_AUTHORIZED] if the target does not let us in, [#FATAL_LOGIN] if we do
    /// not trust it.
    Tool.Result tryLogin(String target) {
        return guest.run(LIMIT, "iscsiadm -m node -T %s --login".formatted(target));
    }

    /// Logs in to a target, by the server's first portal, as a host of another name.
    ///
    /// @param name the end of its name, after [#HOST_PREFIX]
    void loginAs(String name, String target) {
        guest.run(
                        LIMIT,
                        """
                        iscsiadm -m iface -I %1$s -o new
                        iscsiadm -m iface -I %1$s -o update -n iface.initiatorname -v %2$s%1$s
                        iscsiadm -m node -T %3$s -p %4$s -I %1$s -o new
                        iscsiadm -m node -T %3$s -p %4$s -I %1$s --login
                        """
                                .formatted(name, HOST_PREFIX, target, portal))
                .succeeded();
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
        return disk("guest", target, lun);
    }

    /// The block device of a LUN as the host of a name sees it; see [#loginAs].
    String disk(String name, String target, int lun) {
        return guest.run(
                        LIMIT,
                        """
                        while true; do
                            for session in /sys/class/iscsi_session/session*; do
                                [ "$(cat $session/targetname)" = %s ] || continue
                                [ "$(cat $session/initiatorname)" = %s ] || continue
                                for disk in $session/device/target*/*:%d/block/*; do
                                    [ -b "/dev/${disk##*/}" ] && echo "/dev/${disk##*/}" && exit
                                done
                            done
                            usleep 100000
                        done
                        """
                                .formatted(target, HOST_PREFIX + name, lun))
                .succeeded()
                .text();
    }
}
