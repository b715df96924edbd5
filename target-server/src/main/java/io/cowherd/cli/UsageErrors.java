package io.cowherd.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Tells of wrong usage: the error, what was perhaps meant, and where help is; not the help itself, above which the error
/// would be lost.
final class UsageErrors implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        CommandSpec spec = command.getCommandSpec();
        PrintWriter err = command.getErr();
        err.println("cowherd: " + message(failure, spec));
        if (failure instanceof UnmatchedArgumentException unmatched) {
            List<String> meant = unmatched.getSuggestions();
            if (!meant.isEmpty()) {
                err.println("  Did you mean " + meant.getFirst() + "?"); // the best first
            }
        }
        err.println("  See: " + spec.qualifiedName() + " --help");
        err.flush();
        return spec.exitCodeOnInvalidInput();
    }

    private static String message(ParameterException failure, CommandSpec spec) {
        if (!(failure instanceof UnmatchedArgumentException unmatched)) {
            return String.valueOf(failure.getMessage()).replaceFirst("^Error: ", "");
        }
        String first = unmatched.getUnmatched().getFirst();
        if (unmatched.isUnknownOption()) {
            return "There is no option " + first + " here.";
        }
        return spec.subcommands().isEmpty()
                ? "\"" + first + "\" is one argument too many."
                : "There is no command \"" + first + "\".";
    }
}
