package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.access.AccessControl;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.portal.NetworkTransport;
import io.cowherd.management.AccessToken;
import io.cowherd.management.EventLog;
import io.cowherd.management.FakeVolumes;
import io.cowherd.management.ManagementServer;
import io.cowherd.management.Readiness;
import io.cowherd.management.RunningApi;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.scsi.target.IoPool;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** A write that has stopped an event loop stops what is on that loop and nothing else.
///
/// **Method.** A device whose `tryWrite` hangs for the first loop that comes and refuses the others, as `LoopIo` has it with a
/// frozen file system; and hosts of another volume, of which each has been asked on which loop it is.
@Timeout(60)
class StalledLoopTest {
    private static final HostPort ANY = new HostPort("127.0.0.1", 0);
    private static final String HUNG = "iqn.2026-11.io.cowherd:vg.hung";
    private static final String WELL = "iqn.2026-11.io.cowherd:vg.well";
    private static final String READ = "28 00 00 00 00 08 00 00 08 00";
    private static final String WRITE = "2A 00 00 00 00 08 00 00 08 00";
    private static final String TEST_UNIT_READY = "00 00 00 00 00 00";
    private static final int BLOCK = 4096;
    private static final int HOSTS = 12;

    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicReference<@Nullable Thread> stuck = new AtomicReference<>();
    private final AtomicReference<@Nullable Thread> lastReader = new AtomicReference<>();

    private final Deque<BlockDevice> devices =
            new ArrayDeque<>(List.of(hungDevice(), watchedDevice()));
    private final FakeVolumes volumes = new FakeVolumes(devices::pop);
    private final IoPool pool = new IoPool(Limits.DEFAULTS);
    private final ServedTargets targets = new ServedTargets(Limits.DEFAULTS, pool);
    private final List<SimpleHost> hosts = new ArrayList<>();
    private final Vertx vertx = NetworkTransport.of(TransportSetting.AUTO, stuck::get);
    private final Vertx aside = NetworkTransport.aside(TransportSetting.AUTO);
    private final IscsiServer iscsi =
            new IscsiServer(
                    vertx,
                    Limits.DEFAULTS,
                    List.of(new Portal(ANY, new HostPort(ANY.host(), 0), 1)),
                    targets);

    @TempDir private Path directory = Path.of("replaced");

    StalledLoopTest() throws IOException {}

    private BlockDevice hungDevice() {
        return new WrappedDevice(new MemoryDevice(1 << 20)) {
            @Override
            public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
                if (!stuck.compareAndSet(null, Thread.currentThread())) {
                    return false;
                }
                inside.countDown();
                await();
                stuck.set(null);
                super.write(offsetBytes, source, WriteMode.CACHED);
                return true;
            }

            @Override
            public void write(long offsetBytes, ByteBuffer source, WriteMode mode)
                    throws IOException {
                await();
                super.write(offsetBytes, source, mode);
            }

            private void await() throws IOException {
                try {
                    released.await();
                } catch (InterruptedException _) {
                    throw new InterruptedIOException();
                }
            }
        };
    }

    private BlockDevice watchedDevice() {
        return new WrappedDevice(new MemoryDevice(1 << 20)) {
            @Override
            public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
                lastReader.set(Thread.currentThread());
                super.read(offsetBytes, target);
                return true;
            }
        };
    }

    private static <T> T done(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get();
    }

    @BeforeEach
    void serve() throws Exception {
        volumes.addListener(targets);
        volumes.create(VolumeName.parse("vg/hung"), 1 << 20);
        volumes.create(VolumeName.parse("vg/well"), 1 << 20);
        done(iscsi.start());
    }

    @AfterEach
    void end() throws Exception {
        released.countDown();
        for (SimpleHost host : hosts) {
            host.close();
        }
        done(iscsi.stop(Duration.ZERO));
        done(vertx.close());
        done(aside.close());
        pool.close();
    }

    private SimpleHost host(String target) throws IOException {
        var host =
                new SimpleHost(
                        iscsi.boundAddresses().getFirst().toString(),
                        "iqn.2026-11.test:host" + hosts.size());
        hosts.add(host);
        assertEquals(0, host.logIn(target));
        assertEquals("6/29/00", host.execute(0, TEST_UNIT_READY, new byte[0], 0).sense());
        return host;
    }

    /// Has the host read, and returns the thread of its event loop.
    private @Nullable Thread loopOf(SimpleHost host) throws IOException {
        lastReader.set(null);
        assertEquals("", host.execute(0, READ, new byte[0], BLOCK).sense());
        return lastReader.get();
    }

    /// A host, and the event loop that it is on.
    private record Placed(SimpleHost host, @Nullable Thread loop) {
        boolean isOn(@Nullable Thread other) {
            return Objects.equals(loop, other);
        }
    }

    @Test
    void hostsOfOtherLoopsNewLoginsAndProbesAreServed() throws Exception {
        var placed = new ArrayList<Placed>();
        for (int i = 0; i < HOSTS; i++) {
            SimpleHost host = host(WELL);
            placed.add(new Placed(host, loopOf(host)));
        }
        assertTrue(placed.stream().map(Placed::loop).distinct().count() >= 2);

        SimpleHost first = host(HUNG);
        first.begin(0, WRITE, new byte[BLOCK], 0);
        inside.await();
        Thread loop = stuck.get();
        assertTrue(placed.stream().anyMatch(each -> each.isOn(loop)));
        assertTrue(placed.stream().anyMatch(each -> !each.isOn(loop)));

        for (Placed each : placed) {
            if (!each.isOn(loop)) {
                assertEquals(each.loop(), loopOf(each.host()));
            }
        }
        for (int i = 0; i < HOSTS; i++) {
            assertNotEquals(loop, loopOf(host(WELL)));
        }
        SimpleHost second = host(HUNG);
        second.begin(0, WRITE, new byte[BLOCK], 0); // hangs in the pool
        assertProbesAnswer();
        for (Placed each : placed) {
            if (!each.isOn(loop)) {
                loopOf(each.host());
            }
        }

        released.countDown();
        for (Placed each : placed) {
            loopOf(each.host());
        }
        assertEquals("", first.execute(0, TEST_UNIT_READY, new byte[0], 0).sense());
    }

    private void assertProbesAnswer() throws Exception {
        var services =
                new ManagementServer.Services(
                        volumes,
                        new LoggedInHosts(
                                targets, targets, iscsi, List.of(new PortalSetting(ANY, null)), 1),
                        AccessControl.open(directory, AccessSettings.DEFAULTS),
                        RunningApi.singleNode(volumes),
                        "node",
                        AccessToken.open(directory),
                        new Readiness(),
                        new EventLog(InstantSource.system(), 1, 1));
        ManagementServer management =
                done(ManagementServer.start(aside, ANY, ManagementLimits.DEFAULTS, services));
        try (var http = HttpClient.newHttpClient()) {
            var probe =
                    HttpRequest.newBuilder(
                                    URI.create("http://" + management.address() + "/health/live"))
                            .build();
            assertEquals(200, http.send(probe, HttpResponse.BodyHandlers.ofString()).statusCode());
        }
        done(management.stop());
    }
}
