package io.cowherd.cli;

import io.cowherd.config.HostPort;
import java.io.PrintWriter;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `cowherd` itself: its subcommands, its exit codes, and how errors are told.
@Command(
        name = "cowherd",
        mixinStandardHelpOptions = true,
        versionProvider = CowherdCommand.Version.class,
        description = "Fork a disk in an instant, and use the fork as an ordinary disk over iSCSI.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Sizes are written as for lvcreate: a number and b (bytes), s (sectors of 512 bytes), k, m, g, t,",
            "p or e (powers of 1024), upper or lower case alike. Without a letter, -L is in MiB and -c in KiB.",
            "",
            "Exit codes: 0 done, 1 refused or failed (cause and correction on stderr), 2 wrong usage."
        },
        subcommands = {
            DemoCommand.class,
            ServeCommand.class,
            CreateCommand.class,
            SnapshotCommand.class,
            ForkCommand.class,
            ListCommand.class,
            TableCommand.class,
            StatusCommand.class,
            ExtendCommand.class,
            RenameCommand.class,
            RemoveCommand.class,
            TargetsCommand.class,
            SessionsCommand.class,
            AclCommand.class,
            ChapCommand.class,
            RedirectCommand.class,
            NodesCommand.class,
            MoveCommand.class,
            DrainCommand.class,
            DrillCommand.class,
            EventsCommand.class,
            CommandLine.HelpCommand.class
        })
public final class CowherdCommand implements Runnable {
    private static final int FAILED = 1;

    @Spec private CommandSpec spec = CommandSpec.create();

    private final UnaryOperator<@Nullable String> environment;

    private CowherdCommand(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    /// The command line, ready to execute.
    ///
    /// @param runner runs the server for `serve` and `demo`
    public static CommandLine build(ServerRunner runner) {
        return build(runner, System::getenv);
    }

    /// The same with another environment.
    ///
    /// @param environment the text of a variable, null if it is not set
    static CommandLine build(ServerRunner runner, UnaryOperator<@Nullable String> environment) {
        var line =
                new CommandLine(
                        new CowherdCommand(environment),
                        new CommandLine.IFactory() {
                            @Override
                            public <K> K create(Class<K> type) throws Exception {
                                if (type == ServeCommand.class) {
                                    return type.cast(new ServeCommand(runner));
                                }
                                if (type == DemoCommand.class) {
                                    return type.cast(new DemoCommand(runner));
                                }
                                return CommandLine.defaultFactory().create(type);
                            }
                        });
        line.registerConverter(HostPort.class, CowherdCommand::unresolved);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(new UsageErrors());
        line.setExecutionExceptionHandler(
                (failure, command, _) -> {
                    if (failure instanceof CommandFailedException failed) {
                        tell(command.getErr(), failed);
                        return FAILED;
                    }
                    throw failure;
                });
        return line;
    }

    /// A variable of the environment that the command line was built with; null if it is not set.
    static @Nullable String environment(CommandSpec spec, String name) {
        // By way of the command line: the parent of a mixin in a mixin is that mixin, not a
        // command.
        return spec.commandLine().getCommandSpec().root().userObject()
                        instanceof CowherdCommand command
                ? command.environment.apply(name)
                : null;
    }

    /// Addresses are parsed by the option that knows the default port; elsewhere both parts are needed.
    private static HostPort unresolved(String text) {
        try {
            return HostPort.parse(text, 0);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    private static void tell(PrintWriter err, CommandFailedException failed) {
        err.println("cowherd: " + failed.getMessage());
        if (!failed.correction().isEmpty()) {
            err.println("  " + failed.correction());
        }
        err.flush();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: a command is missing.");
    }

    /// Prints the completion script of bash and zsh.
    @Command(
            name = "completion",
            mixinStandardHelpOptions = true,
            description =
                    "Prints a completion script for bash and zsh:  source <(cowherd completion)")
    void completion() {
        spec.commandLine()
                .getOut()
                .println(
                        AutoComplete.bash(
                                "cowherd",
                                spec.commandLine().getCommandSpec().root().commandLine()));
        spec.commandLine().getOut().flush();
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"cowherd " + text()};
        }

        static String text() {
            String version = CowherdCommand.class.getPackage().getImplementationVersion();
            return version == null ? "(not packaged)" : version;
        }
    }
}
