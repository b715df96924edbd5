package io.cowherd.iscsi.session;

import io.cowherd.config.Limits;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Finds initiators that are gone without a word: after `Limits.nopInIntervalMillis` of silence a ping, after
/// `Limits.nopInTimeoutMillis` more the end. Any PDU is a sign of life, and so is any byte that they take from us.
/// Windows never pings by itself, so this is all that frees what a dead host holds.
///
/// A write whose data does not come is given up on as well: its buffer is memory that others need.
///
/// **Threading.** *Confined to the connection's event loop.*
final class KeepAlive {
    private enum State {
        /// Something was heard in this interval, or may still be.
        LISTENING,
        /// A ping is out.
        PINGED
    }

    private final Limits limits;
    private final Timers timers;
    private final Executor loop;
    private final Runnable ping;
    private final LongSupplier unsentBytes;
    private final BooleanSupplier writesMove;
    private final Consumer<String> dead;

    private State state = State.LISTENING;
    private boolean isHeard;
    private long lastUnsentBytes;
    private Timers.Timer timer = Timers.Timer.NONE;

    /// @param ping sends a NOP-In that asks for an answer
    /// @param unsentBytes what waits to be sent
    /// @param writesMove false if some write has waited for its data since this was asked last
    /// @param dead is told when there is no hope
    KeepAlive(
            Limits limits,
            Timers timers,
            Executor loop,
            Runnable ping,
            LongSupplier unsentBytes,
            BooleanSupplier writesMove,
            Consumer<String> dead) {
        this.limits = limits;
        this.timers = timers;
        this.loop = loop;
        this.ping = ping;
        this.unsentBytes = unsentBytes;
        this.writesMove = writesMove;
        this.dead = dead;
    }

    void heard() {
        isHeard = true;
    }

    void start() {
        isHeard = false;
        state = State.LISTENING;
        timer = timers.after(loop, limits.nopInIntervalMillis(), this::tick);
    }

    void stop() {
        timer.cancel();
    }

    private void tick() {
        boolean drains = isDraining();
        if (!writesMove.getAsBoolean()) {
            dead.accept(
                    "a write has waited for its data for " + limits.nopInIntervalMillis() + " ms");
        } else if (isHeard || drains) {
            start();
        } else if (state == State.LISTENING) {
            state = State.PINGED;
            ping.run();
            timer = timers.after(loop, limits.nopInTimeoutMillis(), this::tick);
        } else {
            dead.accept("no answer to a NOP-In within " + limits.nopInTimeoutMillis() + " ms");
        }
    }

    private boolean isDraining() {
        long now = unsentBytes.getAsLong();
        boolean drains = now < lastUnsentBytes;
        lastUnsentBytes = now;
        return drains;
    }
}
