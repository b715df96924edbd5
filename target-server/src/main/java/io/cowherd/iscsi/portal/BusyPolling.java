package io.cowherd.iscsi.portal;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/// An event loop's I/O that looks again for a while before it sleeps: a host that sends one command at a time is answered
/// without waking a thread, which costs more than the command. `docs/decisions/0004` has the figures.
///
/// - A loop polls only if its last sleep, or else its last polling, was ended by I/O within [#LOOK_NANOS]. An idle server sleeps.
/// - Between two looks it yields: whoever else can run does, a host on the same machine included.
/// - Only as many loops poll at once as there are permits; the others sleep as ever.
///
/// Tasks that other threads hand to the loop end the polling, as does a timer that is due.
///
/// **Threading.** *Confined* to its event loop, but for `wakeup`; the permits are shared.
final class BusyPolling implements IoHandler {
    /// Twice what one command takes a host on the same machine, most of it until its thread is awake.
    static final long LOOK_NANOS = 100_000;

    private final IoHandler polled;
    private final Semaphore permits;
    private final LongSupplier nanoClock;

    // Event loop
    private boolean isBusy;

    BusyPolling(IoHandler polled, Semaphore permits, LongSupplier nanoClock) {
        this.polled = polled;
        this.permits = permits;
        this.nanoClock = nanoClock;
    }

    /// For all event loops of a server: half of the processors may be kept busy, none if there is only one.
    ///
    /// @param factory of what is polled
    static IoHandlerFactory factory(IoHandlerFactory factory) {
        Semaphore permits = new Semaphore(Runtime.getRuntime().availableProcessors() / 2);
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor loop) {
                return new BusyPolling(factory.newHandler(loop), permits, System::nanoTime);
            }

            @Override
            public boolean isChangingThreadSupported() {
                return factory.isChangingThreadSupported();
            }
        };
    }

    @Override
    public int run(IoHandlerContext context) {
        if (!context.canBlock()) {
            return polled.run(context);
        }
        if (isBusy && permits.tryAcquire()) {
            try {
                int handled = look(context);
                if (handled > 0 || !context.canBlock()) {
                    return handled;
                }
            } finally {
                permits.release();
            }
        }
        long asleepSince = nanoClock.getAsLong();
        int handled = polled.run(context);
        isBusy = handled > 0 && nanoClock.getAsLong() - asleepSince < LOOK_NANOS;
        return handled;
    }

    @SuppressWarnings("ThreadPriorityCheck") // to yield is a courtesy here; nothing waits for it
    private int look(IoHandlerContext context) {
        IoHandlerContext withoutBlocking = new WithoutBlocking(context);
        long until = nanoClock.getAsLong() + LOOK_NANOS;
        do {
            int handled = polled.run(withoutBlocking);
            if (handled > 0 || !context.canBlock()) {
                return handled;
            }
            Thread.yield();
        } while (nanoClock.getAsLong() - until < 0);
        isBusy = false;
        return 0;
    }

    private record WithoutBlocking(IoHandlerContext context) implements IoHandlerContext {
        @Override
        public boolean canBlock() {
            return false;
        }

        @Override
        public long delayNanos(long nowNanos) {
            return context.delayNanos(nowNanos);
        }

        @Override
        public long deadlineNanos() {
            return context.deadlineNanos();
        }

        @Override
        public void reportActiveIoTime(long nanos) {
            context.reportActiveIoTime(nanos);
        }

        @Override
        public boolean shouldReportActiveIoTime() {
            return context.shouldReportActiveIoTime();
        }
    }

    // -- as what is polled --

    @Override
    public void initialize() {
        polled.initialize();
    }

    @Override
    public void prepareToDestroy() {
        polled.prepareToDestroy();
    }

    @Override
    public void destroy() {
        polled.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return polled.register(handle);
    }

    @Override
    public void wakeup() {
        polled.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handle) {
        return polled.isCompatible(handle);
    }
}
