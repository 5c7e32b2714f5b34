package understudy.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/// Runs commands as a shell would, and keeps what they printed.
final class Terminal {
    private final String url;

    Terminal(String url) {
        this.url = url;
    }

    record Ran(int exitCode, String out, String err) {}

    /// @param line words separated by single spaces
    Ran run(String line) {
        List<String> words = new ArrayList<>(Arrays.asList(line.split(" ", -1)));
        words.addAll(List.of("--url", url));
        return runAlone(words.toArray(String[]::new));
    }

    /// Without saying where the cluster is.
    static Ran runAlone(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = UnderstudyCommand.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        int exitCode = command.execute(words);
        return new Ran(exitCode, out.toString(), err.toString());
    }
}
