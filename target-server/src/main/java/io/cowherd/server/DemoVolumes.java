package io.cowherd.server;

import io.cowherd.config.ServerSettings;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeState;
import io.cowherd.mapping.volume.Volumes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The volumes of LVM2's example, and the lines that attach them.
///
/// **Threading.** *Confined to the thread that starts the server.*
final class DemoVolumes implements CowherdServer.Preparation {
    private static final VolumeName BASE = new VolumeName("volumeGroup", "base");
    private static final VolumeName SNAP = new VolumeName("volumeGroup", "snap");
    private static final long BASE_BYTES = 1L << 30;
    private static final long COW_BYTES = 100L << 20;
    private static final int CHUNK_BYTES = 8192;

    private @Nullable Volumes made;

    /// Makes what is absent; touches nothing that is there.
    @Override
    public void prepare(Volumes volumes) throws IOException, VolumeRefusedException {
        made = volumes;
        List<VolumeName> present = volumes.list().stream().map(v -> v.name()).toList();
        if (!present.contains(BASE)) {
            volumes.create(BASE, BASE_BYTES);
        }
        if (!present.contains(SNAP)) {
            volumes.snapshot(
                    BASE,
                    SNAP.volume(),
                    new SnapshotRequest(COW_BYTES, CHUNK_BYTES, StoreKind.P, false, null));
        }
    }

    /// Says what is served, and how to attach it.
    void explain(CowherdServer server, ServerSettings settings, PrintWriter out) {
        String portal = server.advertisedPortals().getFirst();
        String target = ServedTargets.targetName(BASE);
        String options = options(server, settings);
        out.print(
                """
                %5$s
                Attach them on Linux, as root:
                  iscsiadm -m discovery -t sendtargets -p %1$s
                  iscsiadm -m node -T %2$s -p %1$s --login
                  lsblk -o NAME,SIZE,VENDOR,MODEL,SERIAL
                  iscsiadm -m node -T %2$s -p %1$s --logout

                Or with QEMU's tools, as anybody:
                  qemu-img info iscsi://%1$s/%2$s/0

                In another terminal:
                  bin/cowherd ls%3$s
                  bin/cowherd fork volumeGroup/base trial%3$s
                  bin/cowherd sessions%3$s

                Ctrl-C stops. bin/cowherd serve --data %4$s brings all of it back.
                """
                        .formatted(
                                portal, target, options, settings.dataDirectory(), served(portal)));
        out.flush();
    }

    /// What there is: somebody may have changed it since the demo made it.
    private String served(String portal) {
        var usable = new ArrayList<String>();
        var remarks = new StringBuilder();
        for (Volume volume : made == null ? List.<Volume>of() : made.list()) {
            Volume origin = volume.origin();
            if (!(origin == null ? volume : origin).name().equals(BASE)) {
                if (volume.name().equals(SNAP)) {
                    remarks.append(
                            SNAP + " is no snapshot of " + BASE + ", and is left as it is.\n");
                }
                continue;
            }
            if (volume.state() != VolumeState.UNREACHABLE
                    && volume.state() != VolumeState.INVALID) {
                usable.add(volume.name().toString());
            }
            if (!volume.stateReason().isEmpty()) {
                remarks.append(volume.name() + ": " + volume.stateReason() + "\n");
            }
        }
        return sentence(usable, portal) + "\n" + remarks;
    }

    private static String sentence(List<String> usable, String portal) {
        if (usable.isEmpty()) {
            return "Nothing of " + BASE + " can be used at present.";
        }
        List<String> snapshots = usable.subList(1, usable.size());
        String these =
                switch (snapshots.size()) {
                    case 0 -> "";
                    case 1 -> " and its snapshot " + snapshots.getFirst();
                    default -> " and its snapshots " + String.join(", ", snapshots);
                };
        return "Serving " + usable.getFirst() + these + " on " + portal + ".";
    }

    /// What commands need to find this server, if it is not where they look.
    private static String options(CowherdServer server, ServerSettings settings) {
        var options = new StringBuilder();
        if (!server.httpAddress().equals(ServerSettings.DEFAULT_HTTP)) {
            options.append(" --server http://").append(server.httpAddress());
        }
        if (!settings.dataDirectory().equals(ServerSettings.DEFAULT_DATA_DIRECTORY)) {
            options.append(" --token-file ").append(settings.dataDirectory().resolve("token"));
        }
        return options.toString();
    }
}
