package io.cowherd.scsi.target;

import io.cowherd.config.Limits;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.scsi.alua.PortGroup;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// A target with one pool and a timer that only the test moves.
public final class TestTarget implements AutoCloseable {
    public static final String NAME = "iqn.2026-11.io.cowherd:vg.base";
    public static final UUID UUID_0 = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");
    public static final Settings READ_WRITE =
            new Settings(Access.READ_WRITE, WriteCache.VOLATILE, 1 << 20);

    /// This node has two portals, and there is another node.
    public static final PortGroups PORTS =
            new PortGroups(
                    List.of(
                            PortGroup.active(1, List.of(1, 2)),
                            PortGroup.active(2, List.of(0x102))));

    public final IoPool pool;
    public final ScsiTargetDevice device;
    public final List<Runnable> alarms = new ArrayList<>();

    public TestTarget() {
        this(Limits.DEFAULTS.ioThreads(), Limits.DEFAULTS.ioQueue());
    }

    public TestTarget(int ioThreads, int ioQueue) {
        Limits d = Limits.DEFAULTS;
        Limits limits =
                new Limits(
                        d.loginTimeoutMillis(),
                        d.maxConnections(),
                        d.maxUnauthenticatedConnections(),
                        d.maxUnauthenticatedPerAddress(),
                        d.maxSessions(),
                        d.maxSessionsPerInitiator(),
                        d.commandWindow(),
                        d.maxRecvDataSegmentLengthBytes(),
                        d.maxTextBytes(),
                        d.maxBurstLengthBytes(),
                        d.firstBurstLengthBytes(),
                        d.maxTransferBytes(),
                        d.bufferedBytes(),
                        d.unsentBytes(),
                        d.nopInIntervalMillis(),
                        d.nopInTimeoutMillis(),
                        d.taskManagementTimeoutMillis(),
                        d.logoutTimeoutMillis(),
                        d.reinstatementTimeoutMillis(),
                        Limits.MAX_LUN,
                        ioThreads,
                        ioQueue);
        pool = new IoPool(limits);
        device = new ScsiTargetDevice(NAME, limits, pool, PORTS, (_, action) -> alarms.add(action));
    }

    /// A target whose LUN 0 is that device.
    public static TestTarget of(BlockDevice lun0) {
        return of(lun0, READ_WRITE);
    }

    public static TestTarget of(BlockDevice lun0, Settings settings) {
        TestTarget target = new TestTarget();
        target.device.addLun(0, unit(lun0, UUID_0, settings));
        return target;
    }

    public static LogicalUnit unit(BlockDevice device, UUID uuid, Settings settings) {
        return new LogicalUnit(device, new Identity(uuid, "vg/base"), settings);
    }

    @Override
    public void close() {
        pool.close();
    }
}
