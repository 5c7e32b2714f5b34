package understudy.lab.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import understudy.lab.DebianBuild;
import understudy.lab.DebianGuest;
import understudy.lab.DiskFault;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.LabGuest;
import understudy.lab.Progress;
import understudy.lab.demo.DemoFault.Promise;
import understudy.model.Level;
import understudy.model.Problem;

/// `understudy demo`.
@Command(
        name = "demo",
        header = "Show a VM that survives the death of its host, or of its disks.",
        description = {
            "Makes a lab of two hosts and a witness and runs a real Linux guest in it. At level system a client talks to that"
                    + " over one TCP connection; at levels component and restart the guest writes to its disk all the time."
                    + " Then something breaks, and what client or guest saw of it is told. Needs root.",
            "The exit code is 0 only if they saw what the level promises."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy demo                  # a host loses its power",
            "  understudy demo --fault agent    # an agent is killed under its VM",
            "  understudy demo --fault all      # each that level system survives, on one connection",
            "  understudy demo --guest postgres    # eight clients of PostgreSQL, and an audit at the end",
            "  understudy demo --guest postgres --times 10",
            "  understudy demo --fault disk --how hang",
            "  understudy demo --level component --fault disk    # disks fail, hang, are full, and lie",
            "  understudy demo --level component --fault disk --how hang",
            "  understudy demo --level component --fault host    # boots on the other host, from its mirrored disk",
            "  understudy demo --level restart --fault all",
            "  understudy demo --seconds 30 --json demo.json"
        })
public final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            defaultValue = "host",
            converter = DemoFault.Word.class,
            completionCandidates = DemoFault.Word.class,
            description = {
                "What breaks, one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). host and site are power",
                "losses, shutdown-host is a polite one, pause-agent is an agent that stands still. peer-link is one of",
                "two, peer is all between the hosts, link is one way, from the VM's host to the witness. all is each",
                "that the level has, one after the other; it says which it leaves out, and why."
            })
    private DemoFault fault = DemoFault.HOST;

    @Option(
            names = "--how",
            paramLabel = "HOW",
            converter = DiskFault.Word.class,
            completionCandidates = DiskFault.Word.class,
            description =
                    "How a disk fails, one of ${COMPLETION-CANDIDATES} (default: at level component each, one after"
                            + " the other, and else error). corrupt is for level component.")
    private Optional<DiskFault> how = Optional.empty();

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            defaultValue = "system",
            description = "How far the VM is protected: system, component or restart (default: ${DEFAULT-VALUE}).")
    private Level level = Level.SYSTEM;

    @Option(
            names = "--guest",
            paramLabel = "GUEST",
            defaultValue = "lab",
            converter = DemoGuest.Word.class,
            completionCandidates = DemoGuest.Word.class,
            description = {
                "What runs in the VM, one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). postgres is Debian with",
                "PostgreSQL, made from Debian's packages the first time, and eight clients at work on it; at level system."
            })
    private DemoGuest guest = DemoGuest.LAB;

    @Option(
            names = "--times",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How often it breaks, one time after the other, 1 to 100; at level system (default: ${DEFAULT-VALUE}).")
    private int times = 1;

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
        Outcome outcome = outcome(progress);
        if (json.isPresent()) {
            outcome.write(json.get());
        }
        return outcome.passed() ? 0 : 1;
    }

    private Outcome outcome(Progress progress) throws IOException {
        if (guest == DemoGuest.POSTGRES) {
            DebianGuest debian = new DebianBuild(Installation.cacheFolder(), progress).guest();
            Timeline timeline = new Timeline(System.out);
            return new PostgresDemo(fault, how.orElse(DiskFault.ERROR), times, seconds, timeline, progress).run(debian);
        }
        LabGuest built = new GuestBuild(Installation.cacheFolder(), progress).guest();
        Timeline timeline = new Timeline(System.out);
        if (level == Level.SYSTEM) {
            return new Demo(fault, how.orElse(DiskFault.ERROR), times, seconds, timeline, progress).run(built);
        }
        List<Outcome> parts = new ArrayList<>();
        if (shows(Promise.DisksGoOn.class)) {
            List<DiskFault> ways = how.map(List::of).orElse(List.of(DiskFault.values()));
            parts.add(new DiskDemo(fault, ways, level, seconds, timeline, progress).run(built));
        }
        if (shows(Promise.BootsElsewhere.class) && parts.stream().allMatch(Outcome::passed)) {
            DiskFault way = how.orElse(DiskFault.ERROR);
            parts.add(new BootDemo(fault, way, level, seconds, timeline, progress).run(built));
        }
        return parts.size() == 1 ? parts.getFirst() : Parts.of(parts);
    }

    /// Whether the fault, or one of all, is answered so.
    private boolean shows(Class<? extends Promise> promise) {
        return (fault == DemoFault.ALL ? DemoFault.each() : List.of(fault))
                .stream().anyMatch(each -> promise.isInstance(each.promiseAt(level)));
    }

    private void refuseWhatIsNotThere() {
        if (fault != DemoFault.ALL && fault.promiseAt(level) instanceof Promise.NotShown(String why)) {
            throw notAvailable(why);
        }
        if (guest == DemoGuest.POSTGRES && level != Level.SYSTEM) {
            throw badValue("--guest postgres is for --level system.", "Leave one of them out.");
        }
        if (times < 1 || times > 100) {
            throw badValue("--times " + times + " is not 1 to 100.", "Choose another number.");
        }
        if (times > 1 && level != Level.SYSTEM) {
            throw badValue("--times is for --level system.", "Leave one of them out.");
        }
        if (how.isPresent() && fault != DemoFault.DISK) {
            throw badValue("--how is for --fault disk.", "Leave it out.");
        }
        if (how.equals(Optional.of(DiskFault.CORRUPT)) && !shows(Promise.DisksGoOn.class)) {
            throw badValue(
                    "At level %s a flipped bit is not shown: nothing fails, and it is mended.".formatted(level),
                    "Choose another --how, or --level component.");
        }
        if (seconds < 6 || seconds > 3600) {
            throw badValue("--seconds " + seconds + " is not 6 to 3600.", "Choose another time.");
        }
    }

    private static Problem.Refused badValue(String message, String correction) {
        return Problem.of("bad-value", message, correction).refused();
    }

    private Problem.Refused notAvailable(String why) {
        return Problem.of(
                        "not-available",
                        "The demonstration of fault %s at level %s is not available in this version."
                                .formatted(fault.word(), level),
                        "Choose --level system with --fault %s; component with %s; restart with %s."
                                .formatted(shownAt(Level.SYSTEM), shownAt(Level.COMPONENT), shownAt(Level.RESTART)))
                .because(why)
                .refused();
    }

    private static String shownAt(Level level) {
        return Stream.concat(DemoFault.each().stream().filter(each -> each.isShownAt(level)), Stream.of(DemoFault.ALL))
                .map(DemoFault::word)
                .collect(Collectors.joining(", "));
    }
}
