package understudy.lab.demo;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.Progress;
import understudy.model.Level;
import understudy.model.Problem;

/// `understudy demo`.
@Command(
        name = "demo",
        header = "Show a VM that survives the death of its host.",
        description = {
            "Makes a lab of two hosts and a witness, runs a real Linux guest in it, lets a client talk to that over one"
                    + " TCP connection, breaks something, and tells what the client saw. Needs root.",
            "The exit code is 0 only if the client saw what the level promises."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy demo                  # a host loses its power",
            "  understudy demo --fault agent    # an agent is killed under its VM",
            "  understudy demo --seconds 30 --json demo.json"
        })
public final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            defaultValue = "host",
            description = "What dies: host (a power loss) or agent (default: ${DEFAULT-VALUE}).")
    private String fault = "host";

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            defaultValue = "system",
            description = "How far the VM is protected: system (default: ${DEFAULT-VALUE}).")
    private Level level = Level.SYSTEM;

    @Option(
            names = "--guest",
            paramLabel = "GUEST",
            defaultValue = "lab",
            description = "What runs in the VM: lab (default: ${DEFAULT-VALUE}).")
    private String guest = "lab";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "12",
            description = "How long the client works, 6 to 3600 (default: ${DEFAULT-VALUE}).")
    private int seconds = 12;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the verdict and the timeline to a file.")
    private Optional<Path> json = Optional.empty();

    @Override
    public Integer call() throws Exception {
        refuseWhatIsNotThere();
        Progress progress = new Progress(System.err);
        Demo demo = new Demo(fault, seconds, new Timeline(System.out), progress);
        Verdict verdict = demo.run(new GuestBuild(Installation.cacheFolder(), progress).guest());
        if (json.isPresent()) {
            verdict.write(json.get());
        }
        return verdict.passed() ? 0 : 1;
    }

    private void refuseWhatIsNotThere() {
        if (level != Level.SYSTEM || !guest.equals("lab") || !(fault.equals("host") || fault.equals("agent"))) {
            throw Problem.of(
                            "not-available",
                            "The demonstration of fault %s at level %s with guest %s is not available in this version."
                                    .formatted(fault, level, guest),
                            "Choose --fault host or --fault agent, --level system, --guest lab.")
                    .refused();
        }
        if (seconds < 6 || seconds > 3600) {
            throw Problem.of("bad-value", "--seconds " + seconds + " is not 6 to 3600.", "Choose another time.")
                    .refused();
        }
    }
}
