package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.dm.DeviceRemovedException;
import io.cowherd.mapping.snapshot.SnapshotInvalidException;
import io.cowherd.mapping.snapshot.SnapshotOverflowException;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns what went wrong in storage into sense, in one place, and logs the true cause first: the host never learns it.
///
/// | cause                                | sense   | what hosts do                                            |
/// |--------------------------------------|---------|----------------------------------------------------------|
/// | no room in the store or file system  | 7/27/07 | fail with "no space", or stop the guest (ESXi)            |
/// | a snapshot that is lost              | 4/44/00 | give up on the command, do not try again                 |
/// | anything else, while reading         | 3/11/00 | give up on the blocks                                    |
/// | anything else, while changing        | 3/0C/02 | report the error, after some tries                       |
/// | a SANITIZE has begun meanwhile, or failed | 2/04/1B, 3/31/03 | wait; give up (not logged again)        |
/// | reservations that cannot be made durable, or not believed | 4/44/00; 5/55/04 for want of room | give up on the command         |
/// | the fence: another node may be the owner by now; the device has been taken away | 2/04/0A | try again, by whatever path (not logged) |
/// | a bug of ours                        | 4/44/00 | give up on the command, do not try again                 |
///
/// The log gets one failure in [#QUIET_NANOS] of each logical unit, with the number of those left out.
///
/// **Threading.** *Thread-safe: atomic counters.*
final class StorageFailures {
    private static final Logger LOG = LoggerFactory.getLogger(StorageFailures.class);

    /// Least time between two lines of one logical unit: 5 s.
    static final long QUIET_NANOS = 5_000_000_000L;

    // Immutable
    private final String unitName;
    private final LongSupplier nanoTime;

    // Any thread
    private final AtomicLong silent = new AtomicLong();
    private final AtomicLong quietUntil;

    StorageFailures(String unitName, LongSupplier nanoTime) {
        this.unitName = unitName;
        this.nanoTime = nanoTime;
        this.quietUntil = new AtomicLong(nanoTime.getAsLong());
    }

    /// Storage failed.
    Sense senseOf(IOException cause, Cdb cdb) {
        if (cause instanceof HostDevice.ShutException shut) {
            return shut.sense();
        }
        if (FencedException.behind(cause) != null || cause instanceof DeviceRemovedException) {
            return Sense.ACCESS_STATE_TRANSITION; // ours to report, once; hosts have a thousand
            // commands
        }
        log(cause, cdb);
        return switch (cdb) {
            case Cdb.PersistentReserveIn _, Cdb.PersistentReserveOut _, Cdb.Reserve6 _ ->
                    cause instanceof NoSpaceException
                            ? Sense.NO_REGISTRATION_RESOURCES
                            : Sense.INTERNAL_FAILURE; // no block is in doubt
            default -> senseOfMedium(cause, cdb);
        };
    }

    private static Sense senseOfMedium(IOException cause, Cdb cdb) {
        return switch (cause) {
            case NoSpaceException _, SnapshotOverflowException _ -> Sense.SPACE_ALLOCATION_FAILED;
            case SnapshotInvalidException _ -> Sense.INTERNAL_FAILURE;
            default -> mediumError(cdb);
        };
    }

    private static Sense mediumError(Cdb cdb) {
        return switch (cdb) {
            case Cdb.Read _, Cdb.Verify _, Cdb.GetLbaStatus _, Cdb.PreFetch _, Cdb.LogSense _ ->
                    Sense.READ_ERROR;
            default ->
                    Sense.WRITE_ERROR; // everything else that reaches storage changes or flushes it
        };
    }

    /// We are wrong: the command ends, the thread and its neighbours go on.
    Sense senseOfBug(Throwable cause, Cdb cdb) {
        log(cause, cdb);
        return Sense.INTERNAL_FAILURE;
    }

    /// Failures since the last line.
    long silent() {
        return silent.get();
    }

    private void log(Throwable cause, Cdb cdb) {
        long now = nanoTime.getAsLong();
        long until = quietUntil.get();
        if (now - until < 0 || !quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
            silent.incrementAndGet();
            return;
        }
        LOG.error(
                "{} failed on {} ({} failures since the last line were not logged).",
                cdb,
                unitName,
                silent.getAndSet(0),
                cause);
    }
}
