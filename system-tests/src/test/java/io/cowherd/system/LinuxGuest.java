package io.cowherd.system;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A real Linux kernel with open-iscsi, sg3-utils, multipath-tools, device-mapper and fio, emulated by QEMU without KVM.
///
/// `src/test/guest/build-guest` makes it of Debian packages, once. It reaches the host's loopback as [#HOST]. Commands
/// go in over a virtio-serial port and come back with output and status; a second port serves commands that run beside
/// them. Boots in about five seconds.
///
/// **Threading.** [#run] and [#start] may each be used by one thread at a time.
final class LinuxGuest implements AutoCloseable {
    /// The host's 127.0.0.1 as the guest sees it.
    static final String HOST = "10.0.2.2";

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);
    private static final Duration BOOT_LIMIT = Duration.ofSeconds(90);
    private static final int MEMORY_MIB = 1024;

    private final Path console;
    private final Process qemu;
    private final GuestChannel foreground;
    private final GuestChannel background;

    private LinuxGuest(
            Path console, Process qemu, GuestChannel foreground, GuestChannel background) {
        this.console = console;
        this.qemu = qemu;
        this.foreground = foreground;
        this.background = background;
    }

    /// Boots a guest; its console goes to `folder/console.log`.
    ///
    /// @param disks files of the host that become `/dev/vda`, `/dev/vdb`, … They are shared through the host's page
    ///     cache and not locked, so the host may use them while the guest has them closed.
    static LinuxGuest boot(Path folder, List<Path> disks) throws IOException {
        Path image = buildImage();
        Path console = folder.resolve("console.log");
        // Socket names are limited to 107 bytes, and a checkout may lie deep.
        Path sockets = Files.createTempDirectory("guest");
        try (ServerSocketChannel first = listen(sockets.resolve("0"));
                ServerSocketChannel second = listen(sockets.resolve("1"))) {
            Process qemu =
                    new ProcessBuilder(commandLine(image, console, sockets, disks))
                            .redirectErrorStream(true)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(folder.resolve("qemu.log").toFile())
                            .start();
            try {
                LinuxGuest guest =
                        new LinuxGuest(
                                console,
                                qemu,
                                new GuestChannel(accept(first, qemu)),
                                new GuestChannel(accept(second, qemu)));
                guest.run(BOOT_LIMIT, "true").succeeded();
                return guest;
            } catch (IOException | AssertionError e) {
                Tool.kill(qemu.toHandle());
                throw new AssertionError("the guest did not boot; see the logs in " + folder, e);
            }
        } finally {
            Files.deleteIfExists(sockets.resolve("0"));
            Files.deleteIfExists(sockets.resolve("1"));
            Files.delete(sockets);
        }
    }

    private static Path buildImage() {
        String script = Workspace.inCheckout("system-tests/src/test/guest/build-guest").toString();
        String cache = Workspace.inTarget("guest").toString();
        String[] lines =
                Tool.run(BUILD_LIMIT, Map.of(), List.of(script, cache))
                        .succeeded()
                        .text()
                        .split("\n", -1);
        return Path.of(lines[lines.length - 1]);
    }

    private static List<String> commandLine(
            Path image, Path console, Path sockets, List<Path> disks) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of("qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "1"));
        command.addAll(List.of("-m", MEMORY_MIB + "M", "-nodefaults", "-display", "none"));
        command.addAll(List.of("-no-reboot", "-serial", "file:" + console));
        command.addAll(List.of("-kernel", image.resolve("vmlinuz").toString()));
        command.addAll(List.of("-initrd", image.resolve("initrd").toString()));
        command.addAll(List.of("-append", "console=ttyS0 panic=-1 mitigations=off net.ifnames=0"));
        command.addAll(List.of("-netdev", "user,id=net"));
        command.addAll(List.of("-device", "virtio-net-pci,netdev=net,romfile="));
        command.addAll(List.of("-device", "virtio-serial-pci"));
        for (int port = 0; port < 2; port++) {
            String socket = "socket,id=port" + port + ",path=" + sockets.resolve("" + port);
            command.addAll(List.of("-chardev", socket));
            command.addAll(List.of("-device", "virtserialport,chardev=port" + port));
        }
        for (Path disk : disks) {
            String drive = "if=virtio,format=raw,file.locking=off,discard=unmap,file=" + disk;
            command.addAll(List.of("-drive", drive));
        }
        return command;
    }

    /// The host listens and QEMU connects, so nobody has to poll for a socket to appear.
    private static ServerSocketChannel listen(Path socket) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    private static SocketChannel accept(ServerSocketChannel server, Process qemu)
            throws IOException {
        // If QEMU ends instead of connecting, closing the listener ends the wait.
        CompletableFuture<Void> watch = qemu.onExit().thenAccept(_ -> closeQuietly(server));
        try {
            return server.accept();
        } finally {
            watch.cancel(false);
        }
    }

    private static void closeQuietly(ServerSocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// Runs a shell script (`set -e` is on) and returns what it printed. See [Tool#PATIENCE] for its time.
    Tool.Result run(String script) {
        return run(Tool.PATIENCE, script);
    }

    /// Runs a shell script that gets `limit`; its status is 137 when that was not enough.
    ///
    /// @throws AssertionError with the end of the console, if the guest does not answer at all
    Tool.Result run(Duration limit, String script) {
        try {
            return foreground.run(limit, script);
        } catch (IOException e) {
            throw new AssertionError("the guest is silent; its console:\n" + console(), e);
        }
    }

    /// Runs a shell script beside those of [#run]; one at a time.
    CompletableFuture<Tool.Result> start(Duration limit, String script) {
        CompletableFuture<Tool.Result> result = new CompletableFuture<>();
        Thread.startVirtualThread(
                () -> {
                    try {
                        result.complete(background.run(limit, script));
                    } catch (IOException e) {
                        result.completeExceptionally(e);
                    }
                });
        return result;
    }

    /// Starts udevd, with the rules of all packages. Without it there are only the kernel's own names in `/dev`, which is
    /// enough for most tests.
    void startUdev() {
        run("/lib/udevd --daemon; udevadm trigger --action=add; udevadm settle").succeeded();
    }

    /// Ends udevd when it has done what there was to do; its links stay.
    void stopUdev() {
        run("udevadm settle; udevadm control --exit; while pidof udevd; do usleep 50000; done")
                .succeeded();
    }

    /// What the kernel has said.
    String console() {
        try {
            return Files.readString(console);
        } catch (IOException e) {
            return "(no console: " + e + ")";
        }
    }

    /// Ends the guest, at once.
    @Override
    public void close() throws IOException {
        qemu.destroyForcibly();
        foreground.close();
        background.close();
        qemu.onExit().orTimeout(BOOT_LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
}
