package understudy.benchmarks.volume;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.ProcessUse;
import understudy.benchmarks.server.Servers;
import understudy.lab.Progress;
import understudy.model.ByteSize;

/// Measures disks: all servers of a kind run at the same time, one of them works at a time, and rounds take turns,
/// so that a machine whose speed changes meanwhile wrongs none of them.
///
/// Each disk is written full before, so that no file has holes, and one round that does not count comes first, so
/// that compilers have seen the work.
final class VolumeBench {
    private static final ByteSize IN_MEMORY = ByteSize.ofMebibytes(256);
    private static final ByteSize ON_DISK = ByteSize.ofMebibytes(64);
    private static final Duration WARM_UP = Duration.ofSeconds(1);

    /// How a contestant is started; tests start others in its name.
    interface Starter {
        NbdTarget start(Contestant contestant, Servers servers, Path folder, ByteSize size) throws IOException;
    }

    private final Starter starter;
    private final Path memoryFolder;
    private final Path diskFolder;
    private final int rounds;
    private final Duration time;
    private final Progress progress;
    private final List<VolumeSample> samples = new ArrayList<>();
    private final Map<Contestant, Long> resident = new EnumMap<>(Contestant.class);

    /// @param memoryFolder where images are that cost no disk; on a tmpfs
    /// @param diskFolder   where images are that are flushed
    /// @param time         for each measurement
    VolumeBench(Starter starter, Path memoryFolder, Path diskFolder, int rounds, Duration time, Progress progress) {
        this.starter = starter;
        this.memoryFolder = memoryFolder;
        this.diskFolder = diskFolder;
        this.rounds = rounds;
        this.time = time;
        this.progress = progress;
    }

    List<VolumeSample> samples() {
        return List.copyOf(samples);
    }

    /// The memory that each contestant of ours had in RAM when its last measurement had ended, in bytes.
    Map<Contestant, Long> resident() {
        return Map.copyOf(resident);
    }

    /// How much room images take in memory, at the most.
    static ByteSize roomInMemory() {
        return new ByteSize(2 * IN_MEMORY.bytes() * Contestant.withCopies(2).size());
    }

    void run(List<Contestant> contestants, List<Workload> workloads) throws IOException {
        for (boolean flushing : new boolean[] {false, true}) {
            List<Workload> some =
                    workloads.stream().filter(it -> it.flushes() == flushing).toList();
            if (!some.isEmpty()) {
                runTogether(contestants, some, flushing ? diskFolder : memoryFolder, flushing ? ON_DISK : IN_MEMORY);
            }
        }
    }

    private void runTogether(List<Contestant> contestants, List<Workload> workloads, Path folder, ByteSize size)
            throws IOException {
        try (Servers servers = Servers.open()) {
            Fio fio = new Fio(servers);
            Path images = servers.newFolderIn(folder);
            Map<Contestant, NbdTarget> disks = new EnumMap<>(Contestant.class);
            for (Contestant contestant : contestants) {
                progress.step("starting %s and filling its disk".formatted(name(contestant)));
                NbdTarget disk = starter.start(contestant, servers, images, size);
                disks.put(contestant, disk);
                fio.fill(disk, size);
            }
            List<Contestant> order = new ArrayList<>(contestants);
            for (int round = 0; round <= rounds; round++) {
                progress.step(round == 0 ? "warming up" : "round %d of %d".formatted(round, rounds));
                for (Workload workload : workloads) {
                    for (Contestant contestant : order) {
                        NbdTarget disk = disk(disks, contestant);
                        VolumeSample sample = measure(fio, contestant, disk, workload, size, round);
                        if (round > 0) {
                            samples.add(sample);
                            progress.step("  " + line(sample));
                        }
                    }
                }
                Collections.rotate(order, 1);
            }
            disks.forEach((contestant, disk) -> {
                if (contestant.isOurs()) {
                    resident.merge(contestant, disk.use().residentBytes(), Math::max);
                }
            });
        }
    }

    private static NbdTarget disk(Map<Contestant, NbdTarget> disks, Contestant contestant) {
        return Optional.ofNullable(disks.get(contestant)).orElseThrow();
    }

    private VolumeSample measure(
            Fio fio, Contestant contestant, NbdTarget disk, Workload workload, ByteSize size, int round)
            throws IOException {
        settle(disk);
        ProcessUse before = disk.use();
        try {
            Fio.Outcome done = fio.run(disk, workload, size, round == 0 ? WARM_UP : time);
            double cpuNanos = disk.use().cpu().minus(before.cpu()).toNanos();
            double rate = workload.isBulk() ? done.bytesPerSecond() / 1e6 : done.requestsPerSecond();
            return new VolumeSample(
                    contestant,
                    workload,
                    round,
                    "",
                    Optional.of(new VolumeSample.Measured(
                            rate,
                            done.p50Micros(),
                            done.p99Micros(),
                            cpuNanos / 1e3 / done.requests(),
                            done.requests())));
        } catch (IOException e) {
            return VolumeSample.failed(contestant, workload, round, String.valueOf(e.getMessage()));
        }
    }

    /// Lets no measurement pay for what another one left in the page cache.
    private static void settle(NbdTarget disk) throws IOException {
        for (Path image : disk.images()) {
            try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
                file.force(false);
            }
        }
    }

    private static String name(Contestant contestant) {
        return contestant.copies() == 1 ? contestant.title() : contestant.title() + " (2 copies)";
    }

    private static String line(VolumeSample sample) {
        String head = "%s, %s: ".formatted(sample.workload().title(), name(sample.contestant()));
        return head
                + sample.figures()
                        .map(it -> String.format(
                                Locale.ROOT,
                                "%.0f %s, p50 %.0f µs, p99 %.0f µs, CPU %.1f µs",
                                it.rate(),
                                sample.workload().unit(),
                                it.p50Micros(),
                                it.p99Micros(),
                                it.cpuMicros()))
                        .orElse("FAILED: " + sample.failure());
    }
}
