package io.cowherd.benchmarks;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/// Where the processor time of a server went: the shares of JFR's `jdk.CPUTimeSample` in each kind of work, one row of Markdown
/// for each recording. Arguments: recordings. `benchmarks/profile` makes them.
public final class ProfileShares {
    private static final String SAMPLE = "jdk.CPUTimeSample";

    /// A kind of work, known by the first frame from the top that belongs to one. The order is that of the columns.
    @SuppressWarnings("ImmutableEnumChecker") // nobody can change what List.of makes
    private enum Work {
        FILE(
                "mapping.device.LinuxCalls.pread",
                "mapping.device.LinuxCalls.pwrite",
                "UnixFileDispatcherImpl.pread",
                "UnixFileDispatcherImpl.pwrite"),
        FLUSH(
                "LinuxCalls.fdatasync",
                "LinuxCalls.fallocate",
                "UnixFileDispatcherImpl.force",
                "LinuxCalls.lseek"),
        SOCKET(
                "io.netty.channel.epoll.Native.",
                "io.netty.channel.unix.Socket.",
                "io.netty.channel.unix.FileDescriptor."),
        WAKING(
                "java.util.concurrent.locks.LockSupport",
                "jdk.internal.misc.Unsafe.park",
                "jdk.internal.misc.Unsafe.unpark",
                "io.netty.channel.epoll.Native.eventFdWrite",
                "java.lang.Thread.yield"),
        COPYING(
                "jdk.internal.misc.ScopedMemoryAccess.copyMemory",
                "jdk.internal.misc.Unsafe.copyMemory",
                "io.netty.util.internal.PlatformDependent0.copyMemory"),
        MAPPING("io.cowherd.mapping."),
        SCSI("io.cowherd.scsi."),
        ISCSI("io.cowherd.iscsi."),
        NETTY("io.netty.", "io.vertx."),
        REST();

        private final List<String> prefixes;

        Work(String... prefixes) {
            this.prefixes = List.of(prefixes);
        }

        private boolean includes(String method) {
            return prefixes.stream().anyMatch(method::contains);
        }
    }

    private ProfileShares() {}

    /// Prints the table.
    static void main(String[] recordings) throws IOException {
        try (var out = new PrintStream(new FileOutputStream(FileDescriptor.out))) {
            out.println(
                    "| load | read, write | flush, allocate | sockets | waking, waiting | copying | mapping | SCSI | iSCSI | Netty | rest | samples |");
            out.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            for (String recording : recordings) {
                out.println(row(Path.of(recording)));
            }
        }
    }

    private static String row(Path recording) throws IOException {
        Map<Work, Integer> found = new EnumMap<>(Work.class);
        int samples = 0;
        try (var file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals(SAMPLE) && isServing(event)) {
                    found.merge(workOf(event), 1, Integer::sum);
                    samples++;
                }
            }
        }
        String name = recording.getFileName().toString().replaceFirst("\\.jfr$", "");
        StringBuilder row = new StringBuilder("| " + name);
        for (Work work : Work.values()) {
            row.append(" | ");
            long percent = Math.round(100.0 * found.getOrDefault(work, 0) / Math.max(1, samples));
            row.append(percent == 0 ? "" : percent + " %");
        }
        return row.append(" | ").append(samples).append(" |").toString();
    }

    /// JFR's own threads are not the server's work.
    private static boolean isServing(RecordedEvent event) {
        RecordedThread thread = event.getThread("eventThread");
        String name = thread == null ? null : thread.getJavaName();
        return name != null && !name.startsWith("JFR");
    }

    private static Work workOf(RecordedEvent event) {
        if (event.getStackTrace() == null) {
            return Work.REST;
        }
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
            String method =
                    frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
            for (Work work : Work.values()) {
                if (work.includes(method)) {
                    return work;
                }
            }
        }
        return Work.REST;
    }
}
