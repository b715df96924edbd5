package io.cowherd.server;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SIGTERM and SIGINT: the first asks for a graceful stop, the second ends the process at once.
///
/// By reflection, because the compiler warns of `sun.misc.Signal` (module jdk.unsupported) and the warning cannot be
/// suppressed; there is no other way to hear a second signal, or to end with code 0 after a first. Where a JVM has no such
/// class, a shutdown hook stops the server, and the process ends with the signal's code.
///
/// **Threading.** *Thread-safe*: a latch.
final class StopSignals {
    private static final Logger LOG = LoggerFactory.getLogger(StopSignals.class);
    private static final int HALTED = 130;
    private static final int LOG_MILLIS = 100;

    private final CountDownLatch first = new CountDownLatch(1);

    /// Hears signals from now on.
    static StopSignals listen() {
        var signals = new StopSignals();
        try {
            signals.handle("TERM");
            signals.handle("INT");
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            LOG.warn("no signal handlers on this JVM ({}); a shutdown hook does it", e.toString());
            Runtime.getRuntime().addShutdownHook(new Thread(signals::heard, "stop"));
        }
        return signals;
    }

    private void handle(String name) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        MethodHandle heard =
                MethodHandles.lookup().bind(this, "heard", MethodType.methodType(void.class));
        Object onSignal =
                MethodHandleProxies.asInterfaceInstance(
                        handler, MethodHandles.dropArguments(heard, 0, signal));
        signal.getMethod("handle", signal, handler)
                .invoke(null, signal.getConstructor(String.class).newInstance(name), onSignal);
    }

    private void heard() {
        if (first.getCount() == 0) {
            LOG.warn("second signal: ending at once");
            halt(HALTED);
        }
        first.countDown();
    }

    /// Ends the process without ceremony, when the log has had a moment to say why.
    static void halt(int code) {
        try {
            Thread.sleep(LOG_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(code);
    }

    /// Waits for the first signal.
    void await() throws InterruptedException {
        first.await();
    }
}
