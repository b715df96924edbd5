package io.cowherd.server;

import io.cowherd.cli.CommandFailedException;
import io.cowherd.cli.ServerRunner;
import io.cowherd.config.ServerSettings;
import java.io.PrintWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a server in the foreground, until a signal.
///
/// **Threading.** *Confined to the main thread.*
final class ForegroundServer implements ServerRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ForegroundServer.class);
    private static final int TOO_SLOW = 1;

    @Override
    public int run(ServerSettings settings, Occasion occasion, PrintWriter out)
            throws CommandFailedException {
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, fault) -> LOG.error("a fault in thread {}", thread.getName(), fault));
        StopSignals signals = StopSignals.listen();
        var demo = new DemoVolumes();
        CowherdServer server =
                start(
                        settings,
                        switch (occasion) {
                            case SERVE -> CowherdServer.Preparation.NONE;
                            case DEMO -> demo;
                        });
        if (occasion == Occasion.DEMO) {
            demo.explain(server, settings, out);
        }
        try {
            signals.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // as good a reason to stop as a signal
        }
        haltAfter(settings.managementLimits().stopTimeoutMillis());
        server.stop();
        return 0;
    }

    private static CowherdServer start(
            ServerSettings settings, CowherdServer.Preparation preparation)
            throws CommandFailedException {
        try {
            return CowherdServer.start(settings, preparation);
        } catch (StartFailedException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()), e.correction());
        }
    }

    /// A stop that hangs is worse than one that is cut short: what was acknowledged as durable is.
    private static void haltAfter(int timeoutMillis) {
        Thread.ofPlatform()
                .daemon()
                .name("stop deadline")
                .start(
                        () -> {
                            try {
                                Thread.sleep(timeoutMillis);
                                LOG.error("stopping took longer than {} ms: ending", timeoutMillis);
                                StopSignals.halt(TOO_SLOW);
                            } catch (InterruptedException _) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }
}
