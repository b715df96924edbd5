package io.cowherd.scsi.target;

import io.cowherd.scsi.lu.Outcome;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The part of a task that runs on a thread that may block. It runs or is withdrawn, never both.
///
/// **Threading.** *Thread-safe: one flag, taken by the thread or by the event loop; the outcome travels with the message that
/// brings the task back.*
final class StorageJob implements Runnable {
    // Immutable
    private final CommandTask task;
    private final LunMap.Entry place;
    private final ByteBuffer dataOut;
    private final ByteBuffer dataIn;

    // Any thread
    private final AtomicBoolean taken = new AtomicBoolean();

    // Written by the thread that may block, read by the event loop after that
    private @Nullable Outcome outcome;

    StorageJob(CommandTask task, LunMap.Entry place, ByteBuffer dataOut, ByteBuffer dataIn) {
        this.task = task;
        this.place = place;
        this.dataOut = dataOut;
        this.dataIn = dataIn;
    }

    @Override
    public void run() {
        if (taken.compareAndSet(false, true)) {
            outcome = task.executeOn(place, dataOut, dataIn);
            task.comeBack();
        }
    }

    /// Keeps the job from running, or returns false: it runs, or has.
    boolean withdraw() {
        return taken.compareAndSet(false, true);
    }

    @Nullable Outcome outcome() {
        return outcome;
    }
}
