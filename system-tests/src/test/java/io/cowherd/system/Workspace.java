package io.cowherd.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where things are: the checkout, and the folder that tests may fill. Maven passes both as system properties.
///
/// **Threading.** *Immutable.*
final class Workspace {
    private Workspace() {}

    /// A file of the checkout, for example `bin/cowherd`.
    static Path inCheckout(String path) {
        return property("cowherd.home", "..").resolve(path).normalize();
    }

    /// A new, empty folder for one run, kept after it: logs of a failed test are in there.
    static Path newFolder(String name) throws IOException {
        Path runs = Files.createDirectories(inTarget("runs"));
        return Files.createTempDirectory(runs, name + "-");
    }

    /// A folder that outlives runs, for what is dear to make.
    static Path inTarget(String path) {
        return property("cowherd.work", "target").resolve(path);
    }

    /// A loopback TCP port that was free just now.
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Path property(String name, String fallback) {
        return Path.of(System.getProperty(name, fallback)).toAbsolutePath().normalize();
    }
}
