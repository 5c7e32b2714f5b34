package understudy.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import understudy.api.Json;
import understudy.model.Problem;

/// Says what went wrong: for people on standard error, and with `--output json` as a problem on standard output,
///  too.
final class Failures {
    /// Whoever sets it gets to see the stack traces of bugs.
    private static final String DEBUG = "UNDERSTUDY_DEBUG";

    private Failures() {}

    /// A wrong command line.
    static int usage(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        Problem problem = Problem.of(
                "usage",
                String.valueOf(failure.getMessage()),
                command.getCommandSpec().qualifiedName() + " --help shows how it is used");
        List<String> suggestions =
                failure instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        Problem told = suggestions.isEmpty()
                ? problem
                : problem.because("perhaps you mean " + String.join(" or ", suggestions));
        tell(command, told, wantsJson(arguments));
        return ExitCode.USAGE;
    }

    /// Anything that a command threw.
    static int execution(Exception failure, CommandLine command, ParseResult parsed) {
        Problem problem = failure instanceof Problem.Refused refused ? refused.problem() : bug(failure);
        tell(command, problem, wantsJson(command));
        if (!(failure instanceof Problem.Refused) && System.getenv(DEBUG) != null) {
            failure.printStackTrace(command.getErr());
        }
        return ExitCode.of(problem);
    }

    private static Problem bug(Exception failure) {
        return Problem.of(
                        "internal",
                        "the command failed; this is a bug",
                        "report it with what is printed when " + DEBUG + "=1 is set")
                .because(failure.toString());
    }

    private static void tell(CommandLine command, Problem problem, boolean asJson) {
        if (asJson) {
            command.getOut().println(Json.pretty(problem));
            command.getOut().flush();
        }
        PrintWriter err = command.getErr();
        err.println(problem.message());
        if (!problem.cause().isEmpty()) {
            err.println("because: " + problem.cause());
        }
        if (!problem.correction().isEmpty()) {
            err.println("what to do: " + problem.correction());
        }
        err.flush();
    }

    private static boolean wantsJson(CommandLine command) {
        return Optional.ofNullable(command.getCommandSpec().findOption("--output"))
                .map(OptionSpec::getValue)
                .filter(value -> value.toString().equals(Output.JSON.toString()))
                .isPresent();
    }

    /// Of a command line that could not be understood.
    private static boolean wantsJson(String[] arguments) {
        List<String> words = Arrays.asList(arguments);
        int option = words.indexOf("--output");
        return words.contains("--output=json")
                || (option >= 0
                        && option + 1 < words.size()
                        && words.get(option + 1).equals("json"));
    }
}
