package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.PortalSetting;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.portal.NetworkTransport;
import io.cowherd.management.FakeVolumes;
import io.cowherd.management.HostSession;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.scsi.target.IoPool;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Volumes are taken away from a host while its command hangs in their storage.
class LoggedInHostsTest {
    private static final HostPort ANY = new HostPort("127.0.0.1", 0);
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final String READ = "28 00 00 00 00 07 00 00 01 00";
    private static final long AT_ONCE_MILLIS = 1;
    private static final long PATIENCE_MILLIS = 20_000;

    private final Semaphore reading = new Semaphore(0);
    private final CountDownLatch released = new CountDownLatch(1);
    private final Vertx vertx = NetworkTransport.preferred();
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final ServedTargets targets = new ServedTargets(Limits.DEFAULTS, pool);
    private final FakeVolumes volumes = new FakeVolumes(this::hangingDevice);
    private final IscsiServer iscsi =
            new IscsiServer(
                    vertx,
                    Limits.DEFAULTS,
                    List.of(new Portal(ANY, new HostPort(ANY.host(), 0), 1)),
                    targets);

    private BlockDevice hangingDevice() {
        return new WrappedDevice(new MemoryDevice(1 << 20)) {
            @Override
            public boolean tryRead(long offsetBytes, ByteBuffer target) {
                return false;
            }

            @Override
            public void read(long offsetBytes, ByteBuffer target) throws IOException {
                reading.release();
                try {
                    released.await();
                } catch (InterruptedException _) {
                    throw new InterruptedIOException();
                }
                super.read(offsetBytes, target);
            }
        };
    }

    private LoggedInHosts hosts(long timeoutMillis) {
        return new LoggedInHosts(
                targets, targets, iscsi, List.of(new PortalSetting(ANY, null)), timeoutMillis);
    }

    private SimpleHost logIn(String name) throws IOException {
        var host = new SimpleHost(iscsi.boundAddresses().getFirst().toString(), name);
        assertEquals(0, host.logIn(TARGET));
        return host;
    }

    @BeforeEach
    void serveAnOriginAndASnapshot() throws Exception {
        volumes.addListener(targets);
        VolumeName base = VolumeName.parse("vg/base");
        volumes.create(base, 1 << 20);
        volumes.snapshot(base, "snap", new SnapshotRequest(0, 4096, StoreKind.P, false, null));
        iscsi.start().toCompletionStage().toCompletableFuture().get();
    }

    @AfterEach
    void end() throws Exception {
        released.countDown();
        iscsi.stop(Duration.ZERO).toCompletionStage().toCompletableFuture().get();
        vertx.close().toCompletionStage().toCompletableFuture().get();
        pool.close();
    }

    /// Goal: nothing is taken away while a command uses it, and what cannot be taken away is there again, whole. Method: a
    /// READ of the snapshot hangs, and nobody waits long for its end.
    @ParameterizedTest
    @ValueSource(strings = {"vg/base", "vg/snap"})
    void whatDoesNotEndInTimeIsServedAgain(String name) throws Exception {
        Volume volume = volumes.get(VolumeName.parse(name));
        try (SimpleHost host = logIn("iqn.2026-11.test:user")) {
            assertEquals("6/29/00", host.execute(1, "00 00 00 00 00 00", new byte[0], 0).sense());
            host.begin(1, READ, new byte[0], 512);
            assertTrue(reading.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));

            var refused =
                    assertThrows(
                            VolumeRefusedException.class,
                            () -> hosts(AT_ONCE_MILLIS).detach(volume));
            assertTrue(String.valueOf(refused.getMessage()).contains("commands running"));
            try (SimpleHost other = logIn("iqn.2026-11.test:other")) {
                assertEquals(2, other.reportLuns());
            }
        }
    }

    /// Goal: what is no longer used goes, and is back when it is given again. Method: the same, after the READ has ended.
    @ParameterizedTest
    @ValueSource(strings = {"vg/base", "vg/snap"})
    void whatEndsIsTakenAway(String name) throws Exception {
        Volume volume = volumes.get(VolumeName.parse(name));
        boolean whole = volume.origin() == null;
        released.countDown();
        try (SimpleHost host = logIn("iqn.2026-11.test:user")) {
            assertEquals("6/29/00", host.execute(1, "00 00 00 00 00 00", new byte[0], 0).sense());
            host.begin(1, READ, new byte[0], 512);
            assertTrue(reading.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
            LoggedInHosts hosts = hosts(PATIENCE_MILLIS);
            hosts.detach(volume);
            if (whole) {
                assertNull(targets.find(TARGET));
                assertEquals(List.of(), hosts.sessions());
            } else {
                assertNotNull(targets.find(TARGET));
                assertEquals(1, hosts.sessions().size());
            }
        }
    }

    /// Goal: none waits for the one before it. Method: a READ of each of two sessions hangs; it is let go once both hosts have been
    /// told that they are dropped (asynchronous event 3).
    @Test
    void sessionsAreEndedSideBySide() throws Exception {
        LoggedInHosts hosts = hosts(PATIENCE_MILLIS);
        try (SimpleHost one = logIn("iqn.2026-11.test:one");
                SimpleHost two = logIn("iqn.2026-11.test:two")) {
            for (SimpleHost host : List.of(one, two)) {
                assertEquals(
                        "6/29/00", host.execute(0, "00 00 00 00 00 00", new byte[0], 0).sense());
                host.begin(0, READ, new byte[0], 512);
            }
            assertTrue(reading.tryAcquire(2, PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
            List<String> ids = hosts.sessions().stream().map(HostSession::id).toList();
            var ended = CompletableFuture.supplyAsync(() -> hosts.disconnect(ids));
            one.awaitDropped();
            two.awaitDropped();
            assertFalse(ended.isDone());
            released.countDown();
            assertEquals(2, ended.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
            assertEquals(0, hosts.disconnect(List.of("nobody", "77777")));
        }
    }
}
