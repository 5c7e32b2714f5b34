package understudy.lab.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import understudy.lab.DiskFault;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.LabGuest;
import understudy.lab.Progress;
import understudy.model.Level;
import understudy.model.Problem;

/// `understudy demo`.
@Command(
        name = "demo",
        header = "Show a VM that survives the death of its host, or of its disks.",
        description = {
            "Makes a lab of two hosts and a witness and runs a real Linux guest in it. At level system a client talks to that"
                    + " over one TCP connection; at level component the guest writes to its disk and reads back all the time."
                    + " Then something breaks, and what client or guest saw of it is told. Needs root.",
            "The exit code is 0 only if they saw what the level promises."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy demo                  # a host loses its power",
            "  understudy demo --fault agent    # an agent is killed under its VM",
            "  understudy demo --level component --fault disk    # disks fail, hang, are full, and lie",
            "  understudy demo --level component --fault disk --how hang",
            "  understudy demo --seconds 30 --json demo.json"
        })
public final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            defaultValue = "host",
            description =
                    "What dies: host (a power loss) or agent; at level component disk (default: ${DEFAULT-VALUE}).")
    private String fault = "host";

    @Option(
            names = "--how",
            paramLabel = "HOW",
            converter = DiskFault.Word.class,
            completionCandidates = DiskFault.Word.class,
            description = "How a disk fails, one of ${COMPLETION-CANDIDATES} (default: each, one after the other).")
    private Optional<DiskFault> how = Optional.empty();

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            defaultValue = "system",
            description = "How far the VM is protected: system or component (default: ${DEFAULT-VALUE}).")
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
            description =
                    "How long the client works, 6 to 3600; of disks, how long they are broken in all, about (default: ${DEFAULT-VALUE}).")
    private int seconds = 12;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the verdict and the timeline to a file.")
    private Optional<Path> json = Optional.empty();

    @Override
    public Integer call() throws Exception {
        refuseWhatIsNotThere();
        Progress progress = new Progress(System.err);
        LabGuest built = new GuestBuild(Installation.cacheFolder(), progress).guest();
        Timeline timeline = new Timeline(System.out);
        Outcome outcome = fault.equals("disk")
                ? new DiskDemo(how.map(List::of).orElse(List.of(DiskFault.values())), seconds, timeline, progress)
                        .run(built)
                : new Demo(fault, seconds, timeline, progress).run(built);
        if (json.isPresent()) {
            outcome.write(json.get());
        }
        return outcome.passed() ? 0 : 1;
    }

    private void refuseWhatIsNotThere() {
        boolean isThere = switch (level) {
            case SYSTEM -> fault.equals("host") || fault.equals("agent");
            case COMPONENT -> fault.equals("disk");
            case RESTART -> false;
        };
        if (!isThere || !guest.equals("lab")) {
            throw Problem.of(
                            "not-available",
                            "The demonstration of fault %s at level %s with guest %s is not available in this version."
                                    .formatted(fault, level, guest),
                            "Choose --level system with --fault host or agent, or --level component with --fault disk; --guest lab.")
                    .refused();
        }
        if (how.isPresent() && !fault.equals("disk")) {
            throw Problem.of("bad-value", "--how is for --fault disk.", "Leave it out.")
                    .refused();
        }
        if (seconds < 6 || seconds > 3600) {
            throw Problem.of("bad-value", "--seconds " + seconds + " is not 6 to 3600.", "Choose another time.")
                    .refused();
        }
    }
}
