package understudy.benchmarks.volume;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import understudy.api.Json;
import understudy.benchmarks.MachineFacts;
import understudy.benchmarks.Results;
import understudy.cli.Output;
import understudy.lab.Installation;
import understudy.lab.Progress;
import understudy.model.ByteSize;
import understudy.model.Problem;

/// `understudy bench volume`.
@Command(
        name = "volume",
        description = {
            "How fast disks are: this product's beside qemu-nbd and nbdkit, and mirrored to a second process beside",
            "QEMU's quorum and mirror; measured by fio over NBD, in turns, with latencies and CPU time.",
            "Exit code 0 if no measurement of this product's disks failed, whether or not goals are met."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy bench volume",
            "  understudy bench volume --only mirrored,write-d32 --rounds 3",
            "  understudy bench volume --resync --output json"
        },
        mixinStandardHelpOptions = true)
public final class VolumeCommand implements Callable<Integer> {
    private static final Path MEMORY = Path.of("/dev/shm");

    @Option(names = "--rounds", defaultValue = "5", description = "1 to 100 (default: ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = "--seconds",
            defaultValue = "2",
            description = "How long each measurement takes, 1 to 600 (default: ${DEFAULT-VALUE}).")
    private int seconds = 2;

    /// Offers completion and a list in the help.
    static final class Words implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Selection.words().iterator();
        }
    }

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "WHAT",
            completionCandidates = Words.class,
            description = "Which of ${COMPLETION-CANDIDATES} (default: all).")
    private List<String> only = List.of();

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description = "Where images are that are flushed, or copied by a resync; on a real disk (default: .cache).")
    private Optional<Path> folder = Optional.empty();

    @Option(
            names = "--resync",
            description = "Measure how fast a lost replica is brought back, and what clients feel, instead.")
    private boolean resync;

    @Option(names = "--json", paramLabel = "FILE", description = "Write every sample to a file.")
    private Optional<Path> json = Optional.empty();

    @Option(
            names = "--output",
            paramLabel = "json|text",
            defaultValue = "text",
            description = "Print for programs or for people (default: ${DEFAULT-VALUE}).")
    private Output output = Output.TEXT;

    @Override
    public Integer call() {
        Results.refuseUnless("--rounds", rounds, 1, 100);
        Results.refuseUnless("--seconds", seconds, 1, 600);
        Selection selection = Selection.of(only);
        Programs.check();
        try {
            return resync ? measureResync() : measure(selection);
        } catch (IOException e) {
            throw Problem.of(
                            "measurement-failed",
                            "Disks could not be measured.",
                            "See the cause; then try again. Images need room in --folder and in " + MEMORY)
                    .because(String.valueOf(e.getMessage()))
                    .refused();
        }
    }

    private int measure(Selection selection) throws IOException {
        checkMemory();
        MachineFacts machine = MachineFacts.take(Programs.QEMU_NBD.version(), "no guest");
        VolumeBench bench = new VolumeBench(
                Contestant::start, MEMORY, diskFolder(), rounds, Duration.ofSeconds(seconds), new Progress(System.err));
        for (int copies : selection.copies()) {
            bench.run(Contestant.withCopies(copies), selection.workloads());
        }
        VolumeReport report = new VolumeReport(
                machine,
                Programs.versions(),
                fileSystem(diskFolder()),
                rounds,
                seconds,
                bench.samples(),
                Goal.all(new Scores(bench.samples())),
                bench.resident());
        tell(report, report.markdown());
        boolean failed = bench.samples().stream()
                .anyMatch(it -> it.contestant().isOurs() && it.figures().isEmpty());
        return failed ? 1 : 0;
    }

    private int measureResync() throws IOException {
        MachineFacts machine = MachineFacts.take(Programs.QEMU_NBD.version(), "no guest");
        ResyncBench bench = new ResyncBench(diskFolder(), Duration.ofSeconds(seconds), new Progress(System.err));
        ResyncReport report = new ResyncReport(machine, fileSystem(diskFolder()), rounds, seconds, bench.run(rounds));
        tell(report, report.markdown());
        return 0;
    }

    private void tell(Object report, String markdown) throws IOException {
        if (json.isPresent()) {
            Files.writeString(json.get(), Json.pretty(report) + "\n");
        }
        System.out.println(output == Output.JSON ? Json.pretty(report) : markdown);
    }

    private Path diskFolder() throws IOException {
        return Files.createDirectories(folder.orElseGet(Installation::cacheFolder));
    }

    private static String fileSystem(Path folder) throws IOException {
        return Files.getFileStore(folder).type();
    }

    private static void checkMemory() throws IOException {
        FileStore store = Files.getFileStore(MEMORY);
        ByteSize room = VolumeBench.roomInMemory();
        if (!store.type().equals("tmpfs") || store.getUsableSpace() < room.bytes()) {
            throw Problem.of(
                            "no-room",
                            "%s is a %s with %d MiB free; a tmpfs with %d MiB free is needed."
                                    .formatted(MEMORY, store.type(), store.getUsableSpace() >> 20, room.mebibytes()),
                            "mount -o remount,size=%d %s".formatted(2 * room.bytes(), MEMORY))
                    .refused();
        }
    }
}
