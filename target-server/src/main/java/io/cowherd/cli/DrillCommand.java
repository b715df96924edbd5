package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;
import static io.cowherd.cli.TextTable.Column.right;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cowherd.drill.Damage;
import io.cowherd.drill.Drill;
import io.cowherd.drill.DrillFailedException;
import io.cowherd.drill.DrillReport;
import io.cowherd.drill.DrillSettings;
import io.cowherd.drill.initiator.Dialer;
import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.HostIdentity;
import io.cowherd.drill.initiator.Timing;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `cowherd drill`.
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = {
            "Tries a failover out, on a scratch volume of 64 MiB that it makes and removes: hosts of its own write and read back"
                    + " what they have written, while the volume's owner is changed. Prints how long I/O stood still, proves that"
                    + " every acknowledged write is there, and keeps a report.",
            "",
            "It runs where hosts run: it logs in to the nodes' portals, by all paths that discovery tells, and changes over"
                    + " when one is gone. If the node that --server names is gone, it asks those that cowherd nodes lists, with the same token."
        },
        footer = {
            "",
            "To have owners killed, say how, for example:",
            "  cowherd drill --kill 'ssh $COWHERD_NODE pkill -9 -f io.cowherd.server.Main'",
            "Start the nodes again while it runs: it waits with the next kill until a majority will be left.",
            "The volume is still there after Ctrl-C: cowherd rm -f volumeGroup/drill.",
            "",
            "Exit codes: 0 every acknowledged write is there, no host would have seen an I/O error, and all was done as asked;",
            "1 one of these does not hold, or the drill could not be begun; 2 wrong usage."
        })
final class DrillCommand implements Callable<Integer> {
    private static final int DEFAULT_EVENTS = 3;
    private static final DateTimeFormatter FILE_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();

    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
            names = "--volume",
            paramLabel = "GROUP/NAME",
            converter = VolumePath.Converter.class,
            description =
                    "the scratch volume: one that is there already is refused (default: volumeGroup/drill)")
    private VolumePath volume = new VolumePath("volumeGroup", "drill");

    @Option(names = "--keep", description = "leave the volume behind")
    private boolean keep;

    @Option(
            names = "--moves",
            paramLabel = "N",
            description =
                    "planned moves to the next node that is up (default: 3, or 0 with --kill)")
    private @Nullable Integer moves;

    @Option(
            names = "--kill",
            paramLabel = "COMMAND",
            description =
                    "a shell command that kills the owner, whose name is in $COWHERD_NODE. It must not return before it has"
                            + " been done, and ends with 0")
    private @Nullable String kill;

    @Option(
            names = "--kills",
            paramLabel = "N",
            description = "how often, after the moves (default: 3 with --kill)")
    private @Nullable Integer kills;

    @Option(
            names = "--settle",
            paramLabel = "SECONDS",
            description = "time before the first event, and after each (default: 5)")
    private double settle = 5;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "hosts that write and read at the same time (default: 8)")
    private int workers = 8;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "where the report goes, as JSON; nothing is overwritten (default: ./drill-TIME.json)")
    private @Nullable Path report;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "of what is written (default: another each time)")
    private long seed = new SecureRandom().nextLong(1, Integer.MAX_VALUE);

    @Option(
            names = "--initiator",
            paramLabel = "NAME",
            description = "who the drill says it is, for access lists (default: ${DEFAULT-VALUE})")
    private String initiator = "iqn.2026-11.io.cowherd:drill";

    @Option(names = "--chap-user", paramLabel = "NAME", description = "account for CHAP")
    private @Nullable String chapUser;

    @Option(
            names = "--chap-secret-file",
            paramLabel = "FILE",
            description = "its secret, in a file that only you can read; - for standard input")
    private @Nullable String chapSecretFile;

    @Override
    public Integer call() throws CommandFailedException, InterruptedException {
        DrillSettings settings = settings();
        HostIdentity.Account account = account();
        String command = kill;
        UnaryOperator<String> shell =
                command == null ? _ -> "there is no --kill" : new KillCommand(command);
        var cluster = new DrillApi(api, volume, shell);
        Path file = reportFile();
        DrillReport result;
        try {
            result = onVolume(cluster, settings, account);
        } catch (CommandFailedException | InterruptedException e) {
            discard(file);
            throw e;
        }
        ObjectNode json = MAPPER.valueToTree(result);
        json.put("version", CowherdCommand.Version.text()).put("volume", volume.toString());
        write(file, json);
        output.print(json, out -> print(result, file, out));
        return result.verdict() == DrillReport.Verdict.PASSED ? 0 : 1;
    }

    private DrillReport onVolume(
            DrillApi cluster, DrillSettings settings, HostIdentity.@Nullable Account account)
            throws CommandFailedException, InterruptedException {
        String target = cluster.make();
        progress(volume + " made: 64 MiB, " + target);
        try {
            return run(cluster, settings, account, target);
        } finally {
            if (!keep) {
                remove(cluster);
            }
        }
    }

    private DrillReport run(
            DrillApi cluster,
            DrillSettings settings,
            HostIdentity.@Nullable Account account,
            String target)
            throws CommandFailedException, InterruptedException {
        Timing timing = Timing.DEFAULTS;
        var around =
                new Drill.Surroundings(
                        cluster,
                        Dialer.tcp(timing),
                        timing,
                        HostClock.SYSTEM,
                        InstantSource.system(),
                        this::progress);
        var host = new Drill.Host(initiator, new SecureRandom().nextInt(), account);
        try {
            return new Drill(around, settings, host, target).run();
        } catch (DrillFailedException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()), e.correction());
        }
    }

    private DrillSettings settings() {
        if (kills != null && kill == null) {
            throw usage("--kills needs --kill: how is the owner killed?");
        }
        int plannedMoves = moves != null ? moves : kill == null ? DEFAULT_EVENTS : 0;
        int plannedKills = kills != null ? kills : kill == null ? 0 : DEFAULT_EVENTS;
        try {
            return new DrillSettings(
                    plannedMoves,
                    plannedKills,
                    Duration.ofMillis(Math.round(settle * 1000)),
                    workers,
                    seed);
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private HostIdentity.@Nullable Account account() throws CommandFailedException {
        String user = chapUser;
        String secretFile = chapSecretFile;
        if ((user == null) != (secretFile == null)) {
            throw usage("--chap-user and --chap-secret-file are needed both, or neither.");
        }
        return user == null || secretFile == null
                ? null
                : new HostIdentity.Account(user, SecretFile.read(secretFile));
    }

    private ParameterException usage(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }

    /// Makes the file now: after the drill it would be too late to hear that it cannot be.
    private Path reportFile() throws CommandFailedException {
        Path file = report;
        if (file == null) {
            file = Path.of("drill-" + FILE_TIME.format(InstantSource.system().instant()) + ".json");
        }
        try {
            return Files.createFile(file);
        } catch (IOException e) {
            throw new CommandFailedException(
                    "The report " + file + " cannot be made: " + e + ".",
                    "Name a file that is not there yet with --report.");
        }
    }

    /// Nothing came of the drill, so there is nothing to report.
    private void discard(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            output.warn("The empty report " + file + " is still there: " + e + ".");
        }
    }

    private static void write(Path file, JsonNode json) throws CommandFailedException {
        try {
            Files.writeString(file, json.toPrettyString() + "\n", StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new CommandFailedException(
                    "The report " + file + " cannot be written: " + e + ".", "");
        }
    }

    private void remove(DrillApi cluster) {
        try {
            cluster.remove();
        } catch (CommandFailedException e) {
            output.warn(
                    volume
                            + " is still there: "
                            + e.getMessage()
                            + " Remove it: cowherd rm "
                            + volume);
        }
    }

    private void progress(String sentence) {
        if (!output.quiet()) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("drill: " + sentence);
            err.flush();
        }
    }

    private void print(DrillReport result, Path file, PrintWriter out) {
        if (!output.quiet()) {
            printEvents(result, out);
            printStalls(result, out);
            result.notes().forEach(note -> out.println("  not as asked: " + note));
            result.damages().forEach((Damage damage) -> out.println("  " + damage));
            result.errors().forEach(error -> out.println("  I/O error: " + error));
            out.printf(
                    "%d writes acknowledged, %d blocks read back by a new session: %s. %d I/O errors. %d changes of"
                            + " path.%n",
                    result.acknowledgedWrites(),
                    result.verifiedBlocks(),
                    result.damagedBlocks() == 0
                            ? "all are right"
                            : result.damagedBlocks() + " are not",
                    result.ioErrors(),
                    result.changeovers());
            out.println("report: " + file);
        }
        out.println(result.verdict());
    }

    private static void printEvents(DrillReport result, PrintWriter out) {
        var table =
                new TextTable(
                        List.of(
                                left("Event"),
                                left("Started"),
                                left("From"),
                                left("To"),
                                right("Stall"),
                                right("Worst worker"),
                                right("Commands")));
        for (DrillReport.Event event : result.events()) {
            String to = event.to();
            table.add(
                    List.of(
                            event.kind().name().toLowerCase(Locale.ROOT),
                            event.started(),
                            event.from(),
                            to == null ? "?" : to,
                            seconds(event.stallMillis()),
                            seconds(
                                    event.workerStallMillis().stream()
                                            .mapToDouble(Double::doubleValue)
                                            .max()
                                            .orElse(0)),
                            Long.toString(event.acknowledged())));
        }
        table.print(out);
    }

    private static void printStalls(DrillReport result, PrintWriter out) {
        var table =
                new TextTable(
                        List.of(
                                left("A worker's stall"),
                                right("Events"),
                                right("p50"),
                                right("p99"),
                                right("Max")));
        for (DrillReport.Stalls stalls : result.stalls()) {
            table.add(
                    List.of(
                            stalls.kind().name().toLowerCase(Locale.ROOT),
                            Integer.toString(stalls.events()),
                            seconds(stalls.p50Millis()),
                            seconds(stalls.p99Millis()),
                            seconds(stalls.maxMillis())));
        }
        table.print(out);
    }

    private static String seconds(double millis) {
        return String.format(Locale.ROOT, "%.3f s", millis / 1000);
    }
}
