package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SANITIZE of one logical unit (SBC-4 4.11, 5.34): everything that it shows is erased, and until that is done it can do
/// nothing else.
///
/// ```
///            SANITIZE                 all erased, durably
///   Idle ──────────────▶ Running ───────────────────────────▶ Idle
///    ▲                    │  ▲
///    │ EXIT FAILURE MODE  ▼  │ SANITIZE
///    └───────────────── Failed ◀── the mark of a SANITIZE that a restart has cut short
/// ```
///
/// The operation has a thread of its own: the abort of its command, resets and the loss of the nexus do not stop it. A restart does; the
/// logical unit comes back *failed*, because its data is neither what it was nor erased, and says so until it is sanitized again
/// or, if the command allowed that (AUSE), the failure is left by EXIT FAILURE MODE.
///
/// What is erased is what this logical unit shows, through its mapped device: chunks that snapshots of it still need are kept for them
/// first, as with any write. Those are other logical units' data, to be sanitized or removed by themselves.
///
/// - **OVERWRITE** writes the pattern over everything, durably, pass by pass; not faster than [#MAX_BYTES_PER_SECOND], so that the hosts of
///   other logical units notice little of it.
/// - **BLOCK ERASE** gives all storage back and leaves zeros. Whether a medium further down still holds the old bytes is its own matter.
/// - **CRYPTOGRAPHIC ERASE** is not offered: nothing is encrypted.
///
/// **Threading.** *Thread-safe: one volatile state, changed under a lock that is held for its mark, not while anything is
/// erased.*
final class Sanitizer {
    /// SANITIZEs of one process that run at the same time; more are refused.
    static final int MAX_RUNNING = 8;

    /// Most bytes that OVERWRITE writes in a second.
    static final long MAX_BYTES_PER_SECOND = 128L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Sanitizer.class);
    private static final int OVERWRITE_PIECE_BYTES = 1 << 20;
    private static final int ERASE_PIECE_BYTES = 16 << 20;
    private static final int ERASE_ROUNDS = 2;

    /// How long a command that waits for the end does not notice its own abort.
    private static final long LOOK_MILLIS = 50;

    private static final Semaphore PLACES = new Semaphore(MAX_RUNNING);

    private sealed interface State {
        record Idle() implements State {}

        record Running(Run run) implements State {}

        record Failed(boolean mayExit) implements State {}
    }

    // Immutable
    private final String name;
    private final BlockDevice device;
    private final RangeGate gate;
    private final SanitizeMark mark;
    private final Object lock = new Object();

    // Written under lock, read by any thread
    private volatile State state;
    private volatile boolean stopping;

    Sanitizer(String name, BlockDevice device, RangeGate gate, SanitizeMark mark) {
        this.name = name;
        this.device = device;
        this.gate = gate;
        this.mark = mark;
        // Whether that SANITIZE had AUSE is not known any more; the stricter answer is the safe
        // one.
        this.state = mark.isSet() ? new State.Failed(false) : new State.Idle();
    }

    /// Why the logical unit can do nothing with its medium at present, or null.
    @Nullable Sense shut() {
        return switch (state) {
            case State.Idle _ -> null;
            case State.Running(Run run) -> Sense.sanitizing(run.progress());
            case State.Failed _ -> Sense.SANITIZE_FAILED;
        };
    }

    /// Why a command cannot be executed at present, or null.
    @Nullable Sense refuses(Cdb cdb) {
        Sense why = shut();
        if (why == null) {
            return null;
        }
        return switch (cdb) {
            case Cdb.StandardInquiry _,
                    Cdb.VitalProductData _,
                    Cdb.ReportLuns _,
                    Cdb.RequestSense _,
                    Cdb.ReportPortGroups _,
                    Cdb.LogSense _,
                    Cdb.ReportIdentifyingInformation _,
                    Cdb.ReportTimestamp _,
                    Cdb.ReportOperations _,
                    Cdb.ReportTaskManagement _ ->
                    null;
            case Cdb.Sanitize _ -> state instanceof State.Failed ? null : why;
            default -> why; // needs the medium, or a unit that is ready
        };
    }

    /// Executes the command. Waits for the end, unless it is to be immediate; but not for one that nobody waits for.
    Outcome execute(Cdb.Sanitize cdb, ByteBuffer list, int blockBytes, BooleanSupplier stopped)
            throws IOException {
        if (cdb.action() == Cdb.SanitizeAction.EXIT_FAILURE_MODE) {
            return exitFailureMode();
        }
        boolean overwrites = cdb.action() == Cdb.SanitizeAction.OVERWRITE;
        OverwriteList overwrite = overwrites ? OverwriteList.decode(list, blockBytes) : null;
        if (overwrites && overwrite == null) {
            return new Outcome.CheckCondition(Sense.INVALID_FIELD);
        }
        Run run = new Run(overwrite, cdb.mayExitFailure());
        Sense refusal = begin(run);
        if (refusal != null) {
            return new Outcome.CheckCondition(refusal);
        }
        return cdb.immediate() || run.endsBefore(stopped)
                ? outcome(cdb.immediate())
                : Outcome.DONE; // nobody hears it
    }

    private Outcome outcome(boolean immediate) {
        boolean failed = !immediate && state instanceof State.Failed;
        return failed ? new Outcome.CheckCondition(Sense.SANITIZE_FAILED) : Outcome.DONE;
    }

    private Outcome exitFailureMode() throws IOException {
        synchronized (lock) {
            if (state instanceof State.Failed(boolean mayExit)) {
                if (!mayExit) {
                    return new Outcome.CheckCondition(Sense.INVALID_FIELD);
                }
                mark.clear();
                state = new State.Idle();
            }
            return Outcome.DONE;
        }
    }

    private @Nullable Sense begin(Run run) throws IOException {
        synchronized (lock) {
            Sense why = shut();
            if (state instanceof State.Running && why != null) {
                return why;
            }
            if (stopping || !PLACES.tryAcquire()) {
                return Sense.INSUFFICIENT_RESOURCES;
            }
            try {
                mark.set();
            } catch (IOException e) {
                PLACES.release();
                throw e;
            }
            state = new State.Running(run);
        }
        Thread thread = new Thread(run, "cowherd-sanitize " + name);
        thread.setDaemon(true); // storage that hangs must not keep the process from ending
        boolean started = false;
        try {
            thread.start();
            started = true;
        } finally {
            if (!started) { // no more threads: marked as begun, and so it stays
                ended(run, false);
            }
        }
        return null;
    }

    private void ended(Run run, boolean erased) {
        synchronized (lock) {
            state = erased ? new State.Idle() : new State.Failed(run.mayExit);
        }
        PLACES.release();
        run.end.complete(null);
    }

    /// Stops what is running, because the logical unit goes; none begins any more.
    ///
    /// @return completes when the device is not used any more
    CompletionStage<@Nullable Void> stop() {
        synchronized (lock) {
            stopping = true;
            return state instanceof State.Running(Run run)
                    ? run.end
                    : CompletableFuture.completedFuture(null);
        }
    }

    /// One erasure.
    private final class Run implements Runnable {
        private final @Nullable OverwriteList overwrite;
        private final boolean mayExit;
        private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

        // Written by its thread, read by any
        private volatile int pass;
        private volatile long doneBytes;

        Run(@Nullable OverwriteList overwrite, boolean mayExit) {
            this.overwrite = overwrite;
            this.mayExit = mayExit;
        }

        /// In 65536ths.
        int progress() {
            long size = device.sizeBytes();
            double passes = overwrite == null ? ERASE_ROUNDS : overwrite.passes();
            return (int) Math.min(0xFFFF, (pass + (double) doneBytes / size) / passes * 0x10000);
        }

        /// Waits for the end, or until nobody waits for it.
        ///
        /// @return false if it has not ended
        boolean endsBefore(BooleanSupplier stopped) {
            while (!stopped.getAsBoolean()) {
                try {
                    end.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    return true;
                } catch (TimeoutException _) {
                    // looks again
                } catch (InterruptedException | ExecutionException e) {
                    throw new AssertionError("It is never interrupted, and always completed.", e);
                }
            }
            return false;
        }

        @Override
        public void run() {
            boolean erased = false;
            try {
                // Whoever is writing has ended after this, and whoever comes later finds the device
                // shut.
                gate.claim(RangeGate.Kind.EXCLUSIVE, 0, device.sizeBytes()).close();
                erased = overwrite == null ? erase() : overwrite(overwrite);
                if (erased) {
                    mark.clear();
                }
            } catch (IOException | RuntimeException | Error e) {
                // The outermost loop of a thread: what is broken is this logical unit, not the
                // server.
                erased = false;
                LOG.error("SANITIZE of {} failed; it shows nothing until that is mended.", name, e);
            } finally {
                ended(this, erased);
            }
        }

        /// Twice: what a first round has moved from an origin to its snapshot's store has storage there, which the second
        /// gives back.
        private boolean erase() throws IOException {
            for (int round = 0; round < ERASE_ROUNDS; round++) {
                doneBytes = 0;
                pass = round;
                for (long at = 0; at < device.sizeBytes(); doneBytes = at) {
                    if (stopping) {
                        return false;
                    }
                    long length = Math.min(ERASE_PIECE_BYTES, device.sizeBytes() - at);
                    device.writeZeroes(at, length, WriteMode.CACHED);
                    at += length;
                }
            }
            device.flush();
            return true;
        }

        private boolean overwrite(OverwriteList list) throws IOException {
            ByteBuffer piece = ByteBuffer.allocateDirect(OVERWRITE_PIECE_BYTES);
            for (int number = 0; number < list.passes(); number++) {
                doneBytes = 0;
                pass = number;
                list.fill(piece, number);
                for (long at = 0; at < device.sizeBytes(); doneBytes = at) {
                    if (stopping) {
                        return false;
                    }
                    int length = (int) Math.min(piece.capacity(), device.sizeBytes() - at);
                    long since = System.nanoTime();
                    device.write(at, piece.clear().limit(length), WriteMode.CACHED);
                    at += length;
                    keepPace(since, length);
                }
                device.flush();
            }
            return true;
        }

        /// Waits as long as what was written last takes at most; what a stall has lost is not made up for.
        ///
        /// @param since when it began to be written
        private void keepPace(long since, int length) {
            long early = since + length * 1_000_000_000L / MAX_BYTES_PER_SECOND - System.nanoTime();
            if (early > 0) {
                LockSupport.parkNanos(early);
            }
        }
    }
}
