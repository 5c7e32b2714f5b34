package understudy.distribution;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import understudy.model.Problem;

/// The root of all commands as long as only the lab's are there.
@Command(
        name = "understudy",
        description = "Keeps virtual machines running when the hardware under them fails.",
        version = "understudy 0.1.0",
        mixinStandardHelpOptions = true)
final class Root implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    static CommandLine commandLine() {
        return new CommandLine(new Root()).setExecutionExceptionHandler((failure, command, parsed) -> {
            if (failure instanceof Problem.Refused refused) {
                print(refused.problem());
                return 1;
            }
            throw failure;
        });
    }

    private static void print(Problem problem) {
        System.err.println("error: " + problem.message());
        if (!problem.cause().isEmpty()) {
            System.err.println("cause: " + problem.cause());
        }
        if (!problem.correction().isEmpty()) {
            System.err.println("what to do: " + problem.correction());
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do");
    }
}
