package io.cowherd.server;

import io.cowherd.mapping.device.LoopTurn.Stall;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Tells an operator, once, that storage has stopped an event loop, and once that it goes on.
///
/// **Threading.** *Confined to the event loop that looks.*
final class StallWatch {
    /// How often to look.
    static final long EVERY_MILLIS = 500;

    private static final long WORTH_TELLING_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supplier<@Nullable Stall> stalls;
    private final Consumer<String> warning;
    private final Consumer<String> information;
    private @Nullable Stall told;

    /// @param stalls the stall of this moment, if there is one
    StallWatch(
            Supplier<@Nullable Stall> stalls,
            Consumer<String> warning,
            Consumer<String> information) {
        this.stalls = stalls;
        this.warning = warning;
        this.information = information;
    }

    /// Looks once.
    void look() {
        Stall now = stalls.get();
        Stall before = told;
        if (before != null) {
            if (now != null && now.sinceNanos() == before.sinceNanos()) {
                told = now;
                return;
            }
            information.accept(
                    "the write to %s is over, after %s or a little more"
                            .formatted(before.file(), seconds(before)));
            told = null;
        }
        if (now != null && now.nanos() >= WORTH_TELLING_NANOS) {
            warning.accept(text(now.file(), now));
            told = now;
        }
    }

    private static String text(Path file, Stall stall) {
        return ("a write to %s has been going on for %s and holds up an event loop: hosts of that loop wait, all others"
                        + " are served. Is the file system frozen (fsfreeze -u thaws it), or its storage slow or gone"
                        + " (dmesg)? It goes on by itself when the storage does")
                .formatted(file, seconds(stall));
    }

    private static String seconds(Stall stall) {
        return "%.1f s".formatted(stall.nanos() / (double) TimeUnit.SECONDS.toNanos(1));
    }
}
