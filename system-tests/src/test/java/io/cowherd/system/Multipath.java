package io.cowherd.system;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;

/// multipathd in the guest, with the settings for our disks that README.md tells administrators to use.
///
/// **Threading.** As [LinuxGuest#run].
final class Multipath {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String README_SETTINGS = "```\ndevices {";

    private final LinuxGuest guest;

    Multipath(LinuxGuest guest) {
        this.guest = guest;
    }

    /// Starts multipathd, which finds the disks that are there and those that come; udevd must run.
    void start() throws IOException {
        guest.run(
                        LIMIT,
                        """
                        mkdir -p /etc/multipath
                        cat >/etc/multipath.conf <<'END'
                        defaults {
                            find_multipaths yes
                            user_friendly_names yes
                            reservation_key file
                            polling_interval 1
                            max_polling_interval 1
                        }
                        %s
                        END
                        unset DM_DISABLE_UDEV
                        multipathd
                        """
                                .formatted(settingsOfReadme()))
                .succeeded();
    }

    private static String settingsOfReadme() throws IOException {
        String readme = Files.readString(Workspace.inCheckout("README.md"));
        int from = readme.indexOf(README_SETTINGS);
        if (from < 0) {
            throw new AssertionError("README.md has no settings for multipath.conf");
        }
        return readme.substring(readme.indexOf('\n', from) + 1, readme.indexOf("\n```", from));
    }

    /// Waits until a map has so many paths, all of which work; returns its topology as `multipathd` prints it.
    String awaitPaths(String map, int paths) {
        return guest.run(
                        LIMIT,
                        """
                        while true; do
                            multipathd show map %1$s topology >/run/topology || true
                            good=$(grep -c 'active ready' /run/topology || true)
                            all=$(grep -c ':.* sd[a-z]' /run/topology || true)
                            [ $good = %2$d ] && [ $all = %2$d ] && break
                            usleep 200000
                        done
                        cat /run/topology
                        """
                                .formatted(map, paths))
                .succeeded()
                .text();
    }

    /// Waits until a map has one path that works and one that does not.
    void awaitFailedPath(String map) {
        guest.run(
                        LIMIT,
                        """
                        while true; do
                            multipathd show map %s topology >/run/topology || true
                            grep 'failed faulty' /run/topology && break
                            usleep 200000
                        done
                        grep 'active ready' /run/topology
                        """
                                .formatted(map))
                .succeeded();
    }
}
