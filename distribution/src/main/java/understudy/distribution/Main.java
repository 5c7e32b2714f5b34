package understudy.distribution;

import picocli.CommandLine;
import understudy.benchmarks.BenchCommand;
import understudy.cli.UnderstudyCommand;
import understudy.lab.LabCommand;
import understudy.lab.demo.DemoCommand;
import understudy.simulator.SimulateCommand;

/// `understudy`: all commands under one root.
public final class Main {
    private Main() {}

    /// @param words the command line; the process ends with the command's exit code
    public static void main(String[] words) {
        System.exit(commandLine().execute(words));
    }

    static CommandLine commandLine() {
        return UnderstudyCommand.commandLine(
                new LabCommand(), new DemoCommand(), new BenchCommand(), new SimulateCommand());
    }
}
