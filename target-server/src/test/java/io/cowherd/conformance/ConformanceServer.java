package io.cowherd.conformance;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginOffer;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.portal.NetworkTransport;
import io.cowherd.iscsi.session.Timers;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import io.cowherd.scsi.target.IoPool;
import io.cowherd.scsi.target.ScsiTargetDevice;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A target on loopback with one disk that is written to and one that may not be.
///
/// `main` serves until its input ends, for tools that are run by hand:
/// `ConformanceServer [FILE]` prints the address; without a file the disk is in memory.
public final class ConformanceServer implements AutoCloseable {
    /// iSCSI name of the one target.
    public static final String NAME = "iqn.2026-11.io.cowherd:test.disk";

    private static final long DISK_BYTES = 256L << 20;
    private static final long PATIENCE_SECONDS = 30;

    private final Vertx vertx = NetworkTransport.preferred();
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final IscsiServer server;

    /// May hosts send Data-Out before they are asked?
    public enum UnsolicitedData {
        /// `InitialR2T=Yes` whatever they offer, as the product does.
        REFUSED,
        /// `InitialR2T=No` for those who offer it.
        GRANTED
    }

    /// Serves `disk` as LUN 0, and as LUN 1 again, read-only.
    public ConformanceServer(BlockDevice disk) {
        this(disk, UnsolicitedData.REFUSED);
    }

    /// The same, with a choice about InitialR2T.
    public ConformanceServer(BlockDevice disk, UnsolicitedData unsolicited) {
        ScsiTargetDevice target = new ScsiTargetDevice(NAME, Limits.DEFAULTS, pool);
        target.addLun(0, unit(disk, 1, Access.READ_WRITE));
        target.addLun(1, unit(disk, 2, Access.READ_ONLY));
        TargetEntry entry = new TargetEntry(NAME, "", target);
        TargetDirectory directory =
                new TargetDirectory() {
                    @Override
                    public List<TargetEntry> targets() {
                        return List.of(entry);
                    }

                    @Override
                    public @Nullable TargetEntry find(String iqn) {
                        return iqn.equals(NAME) ? entry : null;
                    }
                };
        Portal portal = Portal.on(new HostPort("127.0.0.1", 0));
        LoginOffer.UnsolicitedDataOut grant =
                switch (unsolicited) {
                    case REFUSED -> LoginOffer.UnsolicitedDataOut.REFUSED;
                    case GRANTED -> LoginOffer.UnsolicitedDataOut.GRANTED;
                };
        server =
                new IscsiServer(
                        vertx,
                        Limits.DEFAULTS,
                        LoginOffer.of(Limits.DEFAULTS, grant),
                        List.of(portal),
                        directory,
                        Reception.OPEN,
                        Timers.ofEventLoops(),
                        InstantSource.system());
        await(server.start());
    }

    private static LogicalUnit unit(BlockDevice disk, int number, Access access) {
        return new LogicalUnit(
                disk,
                new Identity(new UUID(0x1234_5678, number), "test/disk" + number),
                new Settings(access, WriteCache.VOLATILE, Limits.DEFAULTS.maxTransferBytes()));
    }

    /// `host:port` of its portal.
    public String address() {
        return server.boundAddresses().getFirst().toString();
    }

    /// Like `iscsi://127.0.0.1:40000/iqn…/0`.
    public String url(int lun) {
        return "iscsi://%s/%s/%d".formatted(address(), NAME, lun);
    }

    @Override
    public void close() {
        await(server.stop(Duration.ZERO));
        await(vertx.close());
        pool.close();
    }

    private static void await(Future<Void> future) {
        var done = future.toCompletionStage().toCompletableFuture();
        done.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    /// Serves until standard input ends.
    public static void main(String[] args) throws IOException {
        try (BlockDevice disk =
                        args.length > 0
                                ? FileDevice.create(Path.of(args[0]), DISK_BYTES)
                                : new MemoryDevice(DISK_BYTES, (byte) 0x5A);
                ConformanceServer server = new ConformanceServer(disk)) {
            IO.println(server.url(0));
            while (System.in.read() >= 0) {}
        }
    }
}
