package io.cowherd.server;

import io.cowherd.admission.FailedLogins;
import io.cowherd.config.HostPort;
import io.cowherd.config.PortalSetting;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.session.SessionInfo;
import io.cowherd.management.HostAccess;
import io.cowherd.management.HostSession;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What management knows of hosts: the iSCSI server's sessions, and the targets' LUNs.
///
/// **Threading.** *Thread-safe: its parts are.* Blocks the caller, who is a worker.
final class LoggedInHosts implements HostAccess {
    private static final Logger LOG = LoggerFactory.getLogger(LoggedInHosts.class);

    private final ServedTargets targets;
    private final TargetDirectory directory;
    private final IscsiServer iscsi;
    private final List<PortalSetting> settings;
    private final long timeoutMillis;

    /// @param directory what hosts see: the same targets, and in a cluster those of other nodes
    /// @param settings the portals, in the order of the server's
    /// @param timeoutMillis how long commands of what is taken away may take to end
    LoggedInHosts(
            ServedTargets targets,
            TargetDirectory directory,
            IscsiServer iscsi,
            List<PortalSetting> settings,
            long timeoutMillis) {
        this.targets = targets;
        this.directory = directory;
        this.iscsi = iscsi;
        this.settings = settings;
        this.timeoutMillis = timeoutMillis;
    }

    @Override
    public String targetName(VolumeName origin) {
        return ServedTargets.targetName(origin);
    }

    /// Advertised addresses, with the port that was bound where none is advertised.
    @Override
    public List<String> portals() {
        List<HostPort> bound = iscsi.boundAddresses();
        var addresses = new ArrayList<String>();
        for (int i = 0; i < bound.size(); i++) {
            HostPort advertised = settings.get(i).advertise();
            addresses.add((advertised == null ? bound.get(i) : advertised).toString());
        }
        return addresses;
    }

    @Override
    public List<HostSession> sessions() {
        return iscsi.sessions().stream()
                .filter(session -> session.target() != null)
                .sorted(Comparator.comparing(SessionInfo::since))
                .map(LoggedInHosts::view)
                .toList();
    }

    private static HostSession view(SessionInfo session) {
        return new HostSession(
                String.valueOf(session.tsih()),
                session.initiator(),
                session.address(),
                String.valueOf(session.target()),
                session.portal(),
                session.isid(),
                session.tsih(),
                view(session.parameters()));
    }

    private static HostSession.Negotiated view(SessionParameters agreed) {
        return new HostSession.Negotiated(
                agreed.headerDigest() ? "CRC32C" : "None",
                agreed.dataDigest() ? "CRC32C" : "None",
                agreed.initiatorMaxDataSegmentBytes(),
                agreed.targetMaxDataSegmentBytes(),
                agreed.maxBurstBytes(),
                agreed.firstBurstBytes(),
                agreed.initialR2t(),
                agreed.immediateData(),
                SessionParameters.MAX_OUTSTANDING_R2T);
    }

    @Override
    public @Nullable String spelled(String target) {
        TargetEntry entry = directory.find(target.toLowerCase(Locale.ROOT));
        return entry == null ? null : entry.name();
    }

    @Override
    public List<HostSession> rulesChanged() {
        return iscsi.rulesChanged().stream().map(LoggedInHosts::view).toList();
    }

    @Override
    public FailedLogins failedLogins() {
        return iscsi.failedLogins();
    }

    @Override
    public int disconnect(List<String> sessionIds) {
        List<Future<Boolean>> going = sessionIds.stream().map(this::disconnect).toList();
        try {
            // Not Future.await(): that is for virtual threads, and this is a worker.
            Future.join(going)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) { // cut off; what hangs is their storage
            LOG.warn("sessions {}: their commands have not ended in time", sessionIds, e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return (int) going.stream().filter(f -> !Boolean.FALSE.equals(f.result())).count();
    }

    /// Completes with false if there is no such session.
    private Future<Boolean> disconnect(String sessionId) {
        try {
            return iscsi.disconnect(
                    Integer.parseInt(sessionId), "disconnected by an administrator");
        } catch (NumberFormatException _) {
            return Future.succeededFuture(false);
        }
    }

    @Override
    public void detach(Volume volume) throws VolumeRefusedException {
        List<Volume> shown = targets.shownWith(volume);
        CompletionStage<?> drained = targets.detach(volume);
        if (volume.origin() == null) {
            Future<Void> dropped =
                    iscsi.disconnect(targetName(volume), volume.name() + " is being removed");
            drained = drained.thenCombine(dropped.toCompletionStage(), (_, _) -> "");
        }
        try {
            drained.toCompletableFuture().get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warn("{}: its commands have not ended in time", volume.name(), e);
            shown.forEach(this::attach);
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    volume.name() + " still has commands running on it.",
                    "Its storage may hang: see the server's log, and try again.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            shown.forEach(this::attach);
            throw new VolumeRefusedException(
                    Reason.CONFLICT, "The server is stopping.", "Try again when it is back.");
        }
    }

    @Override
    public void attach(Volume volume) {
        targets.attach(volume);
    }
}
