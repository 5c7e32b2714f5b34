package understudy.benchmarks.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/// A figure that a disk of ours should reach, and the one that it has reached.
///
/// @param measured empty if it was not measured in this run
record Goal(Contestant contestant, Workload workload, Kind kind, double bound, OptionalDouble measured) {

    /// What is compared.
    enum Kind {
        TIMES_NBDKIT("× nbdkit", true),
        TIMES_QEMU_NBD("× qemu-nbd", true),
        TIMES_QUORUM("× quorum", true),
        TIMES_BEST_MIRROR("× the best stock mirror", true),
        CPU_MICROS("µs CPU a request", false),
        P99_MILLIS("ms p99", false);

        private final String unit;
        private final boolean isFloor;

        Kind(String unit, boolean isFloor) {
            this.unit = unit;
            this.isFloor = isFloor;
        }
    }

    /// Nagle's algorithm and delayed acknowledgements cost 40 ms, and must not show.
    private static final double TAIL_MILLIS = 39;

    /// All goals of the disks and workloads that were measured.
    static List<Goal> all(Scores scores) {
        List<Goal> goals = new ArrayList<>();
        for (Workload workload : Workload.values()) {
            single(workload, scores, goals);
            mirrored(workload, scores, goals);
        }
        return goals.stream().filter(goal -> goal.measured.isPresent()).toList();
    }

    private static void single(Workload workload, Scores scores, List<Goal> goals) {
        Contestant ours = Contestant.UNDERSTUDY;
        switch (workload) {
            case WRITE_D1, READ_D1, WRITE_1M, READ_1M ->
                goals.add(ratio(ours, workload, Kind.TIMES_NBDKIT, 1.0, scores, List.of(Contestant.NBDKIT)));
            case WRITE_D32, READ_D32 -> {
                goals.add(ratio(ours, workload, Kind.TIMES_NBDKIT, 1.2, scores, List.of(Contestant.NBDKIT)));
                goals.add(ratio(ours, workload, Kind.TIMES_QEMU_NBD, 3.0, scores, List.of(Contestant.QEMU_NBD)));
                OptionalDouble cpu = scores.median(ours, workload, VolumeSample.Measured::cpuMicros);
                goals.add(new Goal(ours, workload, Kind.CPU_MICROS, 2.5, cpu));
            }
            case FSYNC_D32 ->
                goals.add(ratio(ours, workload, Kind.TIMES_QEMU_NBD, 1.2, scores, List.of(Contestant.QEMU_NBD)));
            case FSYNC_D1 -> {}
        }
    }

    private static void mirrored(Workload workload, Scores scores, List<Goal> goals) {
        Contestant ours = Contestant.UNDERSTUDY_MIRRORED;
        List<Contestant> stock = List.of(Contestant.QUORUM, Contestant.MIRROR_QEMU_NBD, Contestant.MIRROR_NBDKIT);
        switch (workload) {
            case WRITE_D1, READ_D1 ->
                goals.add(ratio(ours, workload, Kind.TIMES_QUORUM, 1.5, scores, List.of(Contestant.QUORUM)));
            case WRITE_D32, READ_D32 -> goals.add(ratio(ours, workload, Kind.TIMES_BEST_MIRROR, 2.5, scores, stock));
            case WRITE_1M, READ_1M -> goals.add(ratio(ours, workload, Kind.TIMES_BEST_MIRROR, 1.3, scores, stock));
            case FSYNC_D1, FSYNC_D32 -> {}
        }
        if (!workload.flushes()) {
            OptionalDouble p99 = scores.median(ours, workload, it -> it.p99Micros() / 1e3);
            goals.add(new Goal(ours, workload, Kind.P99_MILLIS, TAIL_MILLIS, p99));
        }
    }

    private static Goal ratio(
            Contestant ours, Workload workload, Kind kind, double bound, Scores scores, List<Contestant> others) {
        return new Goal(ours, workload, kind, bound, scores.ratio(ours, workload, others));
    }

    boolean isMet() {
        double value = measured.orElse(kind.isFloor ? 0 : Double.MAX_VALUE);
        return kind.isFloor ? value >= bound : value <= bound;
    }

    /// For a table: `≥ 1.2 × nbdkit`.
    String wanted() {
        return String.format(Locale.ROOT, "%s %.1f %s", kind.isFloor ? "≥" : "≤", bound, kind.unit);
    }
}
