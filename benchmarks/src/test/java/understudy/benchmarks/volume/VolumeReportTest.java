package understudy.benchmarks.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.api.Json;
import understudy.benchmarks.MachineFacts;
import understudy.model.Problem;

final class VolumeReportTest {
    private static final MachineFacts MACHINE =
            new MachineFacts(Instant.EPOCH, "a processor", 2, 8, "6.12", "7.2.22", "no guest", "25", 0.1, "abc1234");

    @Test
    void aRatioIsTheMedianOfTheRoundsOwnRatios() {
        Scores scores = new Scores(List.of(
                sample(Contestant.UNDERSTUDY, 1, 100),
                sample(Contestant.NBDKIT, 1, 100),
                sample(Contestant.UNDERSTUDY, 2, 30),
                sample(Contestant.NBDKIT, 2, 10),
                sample(Contestant.UNDERSTUDY, 3, 60),
                sample(Contestant.NBDKIT, 3, 30)));
        assertThat(scores.ratio(Contestant.UNDERSTUDY, Workload.WRITE_D32, List.of(Contestant.NBDKIT)))
                .hasValue(2);
        assertThat(scores.ratio(Contestant.UNDERSTUDY, Workload.READ_D32, List.of(Contestant.NBDKIT)))
                .isEmpty();
    }

    @Test
    void againstSeveralTheBestOfEachRoundCounts() {
        Scores scores = new Scores(List.of(
                sample(Contestant.UNDERSTUDY_MIRRORED, 1, 90),
                sample(Contestant.QUORUM, 1, 10),
                sample(Contestant.MIRROR_NBDKIT, 1, 30)));
        assertThat(scores.ratio(
                        Contestant.UNDERSTUDY_MIRRORED,
                        Workload.WRITE_D32,
                        List.of(Contestant.QUORUM, Contestant.MIRROR_NBDKIT)))
                .hasValue(3);
    }

    @Test
    void aFailureOfOursCountsAsNothingDoneAndOneOfTheOthersNotAtAll() {
        List<Contestant> others = List.of(Contestant.NBDKIT);
        Scores oursFailed = new Scores(List.of(
                VolumeSample.failed(Contestant.UNDERSTUDY, Workload.WRITE_D32, 1, "stuck"),
                sample(Contestant.NBDKIT, 1, 100)));
        assertThat(oursFailed.ratio(Contestant.UNDERSTUDY, Workload.WRITE_D32, others))
                .hasValue(0);
        Scores theirsFailed = new Scores(List.of(
                sample(Contestant.UNDERSTUDY, 1, 100),
                VolumeSample.failed(Contestant.NBDKIT, Workload.WRITE_D32, 1, "stuck")));
        assertThat(theirsFailed.ratio(Contestant.UNDERSTUDY, Workload.WRITE_D32, others))
                .isEmpty();
        assertThat(theirsFailed.failures(Contestant.NBDKIT, Workload.WRITE_D32)).isEqualTo(1);
    }

    @Test
    void goalsAreMetOrNotAndOnlyThoseThatWereMeasuredAreTold() {
        List<VolumeSample> samples = List.of(
                sample(Contestant.UNDERSTUDY, 1, 130),
                sample(Contestant.NBDKIT, 1, 100),
                sample(Contestant.QEMU_NBD, 1, 50));
        List<Goal> goals = Goal.all(new Scores(samples));
        assertThat(goals.stream().map(Goal::wanted))
                .containsExactly("≥ 1.2 × nbdkit", "≥ 3.0 × qemu-nbd", "≤ 2.5 µs CPU a request");
        assertThat(goals.stream().map(Goal::isMet)).containsExactly(true, false, true);
        VolumeReport report = new VolumeReport(
                MACHINE, List.of("fio 3.33"), "ext4", 1, 2, samples, goals, Map.of(Contestant.UNDERSTUDY, 99L << 20));
        assertThat(report.markdown())
                .contains("| nbdkit file |", "1.30", " ✓ |", " ✗ |", "99 MiB", "flushed on ext4")
                .doesNotContain("Two copies");
        assertThat(Json.pretty(report)).contains("\"goals\"", "\"resident\"");
    }

    private static VolumeSample sample(Contestant contestant, int round, double rate) {
        return new VolumeSample(
                contestant,
                Workload.WRITE_D32,
                round,
                "",
                Optional.of(new VolumeSample.Measured(rate, 200, 1000, 2, 1000)));
    }

    @Test
    void whatIsNotSaidIsAllSelected() {
        assertThat(Selection.of(List.of()).workloads()).containsExactly(Workload.values());
        assertThat(Selection.of(List.of("mirrored"))).isEqualTo(new Selection(List.of(2), List.of(Workload.values())));
        assertThat(Selection.of(List.of("fsync-d32")))
                .isEqualTo(new Selection(List.of(1, 2), List.of(Workload.FSYNC_D32)));
        assertThatThrownBy(() -> Selection.of(List.of("writes"))).isInstanceOf(Problem.Refused.class);
    }

    @Test
    void aResyncIsComparedWithTheSlowerOfDiskAndLink() {
        ResyncSample sample = new ResyncSample(1, 800, 2000, 400, 200, 50, 100, 60, 300, true);
        assertThat(new ResyncReport(MACHINE, "ext4", 1, 2, List.of(sample)).markdown())
                .containsPattern("of the slower of disk and link, % +\\|     50 \\|")
                .containsPattern("times longer p99 +\\|      3 \\|")
                .contains("in 1 of them");
    }
}
