package understudy.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        header = "Print a script that makes bash complete commands and options.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  In this shell:",
            "    source <(understudy completion)",
            "  In every shell:",
            "    understudy completion > /etc/bash_completion.d/understudy"
        })
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() {
        command.commandLine()
                .getOut()
                .print(AutoComplete.bash("understudy", command.root().commandLine()));
        command.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
