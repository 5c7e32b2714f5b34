package understudy.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import understudy.api.ApiClient;
import understudy.api.Json;

/// The options that every command has that talks to a cluster, and where it prints.
public final class ClusterOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--output",
            paramLabel = "json|text",
            completionCandidates = Candidates.Outputs.class,
            description = "Print for programs or for people (default: text).")
    private Output output = Output.TEXT;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where agents listen; several with commas, tried in turn. Default: UNDERSTUDY_URL, else the"
                    + " cluster that runs on this machine (/run/understudy/urls).")
    private List<String> urls = new ArrayList<>();

    /// A client of the cluster that the command is about; to be closed.
    public ApiClient connect() {
        return new ApiClient(Endpoints.find(urls, System.getenv(), Endpoints.FILE));
    }

    public boolean isJson() {
        return output == Output.JSON;
    }

    public PrintWriter out() {
        return command.commandLine().getOut();
    }

    public PrintWriter err() {
        return command.commandLine().getErr();
    }

    /// Prints a command's answer.
    ///
    /// @param text for people, without a newline at its end
    public void print(Object document, Supplier<String> text) {
        out().println(isJson() ? Json.pretty(document) : text.get());
        out().flush();
    }

    /// Tells people how far it got.
    public void tell(String line) {
        err().println(line);
        err().flush();
    }
}
