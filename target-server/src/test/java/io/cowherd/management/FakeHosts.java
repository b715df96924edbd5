package io.cowherd.management;

import io.cowherd.admission.FailedLogins;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Hosts that are logged in because a test says so.
public final class FakeHosts implements HostAccess {
    private final List<HostSession> sessions = new ArrayList<>();

    /// Logs a host in to the target of a volume.
    public synchronized HostSession logIn(Volume volume) {
        var session =
                new HostSession(
                        String.valueOf(sessions.size() + 1),
                        "iqn.1993-08.org.debian:01:cow",
                        "127.0.0.1:40000",
                        targetName(volume),
                        "127.0.0.1:3260",
                        "00023d000001",
                        1,
                        new HostSession.Negotiated(
                                "CRC32C", "None", 65536, 262144, 1048576, 131072, true, false, 1));
        sessions.add(session);
        return session;
    }

    @Override
    public String targetName(VolumeName origin) {
        return "iqn.2026-11.io.cowherd:" + origin.group() + "." + origin.volume();
    }

    @Override
    public List<String> portals() {
        return List.of("127.0.0.1:3260");
    }

    @Override
    public synchronized List<HostSession> sessions() {
        return List.copyOf(sessions);
    }

    @Override
    public synchronized void detach(Volume volume) {
        if (volume.origin() == null) {
            String target = targetName(volume);
            sessions.removeIf(session -> session.target().equals(target));
        }
    }

    @Override
    public void attach(Volume volume) {}

    /// Targets whose names are not all in lower case.
    public final List<String> spellings = new ArrayList<>();

    @Override
    public @Nullable String spelled(String target) {
        for (String spelling : spellings) {
            if (spelling.equalsIgnoreCase(target)) {
                return spelling;
            }
        }
        return target.startsWith("iqn.2026-11.io.cowherd:") ? target : null;
    }

    /// Sessions that the next change of rules leaves without a right.
    public final List<HostSession> lost = new ArrayList<>();

    public final FailedLogins failed = new FailedLogins(System::nanoTime, InstantSource.system());

    @Override
    public List<HostSession> rulesChanged() {
        return List.copyOf(lost);
    }

    @Override
    public FailedLogins failedLogins() {
        return failed;
    }

    @Override
    public synchronized int disconnect(List<String> sessionIds) {
        int before = sessions.size();
        sessions.removeIf(session -> sessionIds.contains(session.id()));
        return before - sessions.size();
    }
}
