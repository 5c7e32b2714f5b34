package understudy.distribution;

import picocli.CommandLine;
import understudy.lab.LabCommand;

/// `understudy`: all commands under one root.
public final class Main {
    private Main() {}

    /// @param words the command line; the process ends with the command's exit code
    public static void main(String[] words) {
        CommandLine root = commandLine();
        System.exit(root.execute(words));
    }

    static CommandLine commandLine() {
        CommandLine root = Root.commandLine();
        root.addSubcommand(new LabCommand());
        // Commands added late do not take over what was set at the root before.
        root.setExecutionExceptionHandler(root.getExecutionExceptionHandler());
        root.setParameterExceptionHandler(root.getParameterExceptionHandler());
        return root;
    }
}
