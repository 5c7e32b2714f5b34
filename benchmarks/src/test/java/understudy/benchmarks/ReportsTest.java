package understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.api.Checkpoints;
import understudy.api.Json;
import understudy.lab.probe.EchoClient;

final class ReportsTest {
    private static final MachineFacts MACHINE =
            new MachineFacts(Instant.EPOCH, "a processor", 2, 8, "6.12", "7.2.22", "tcg", "25", 0.1, "abc1234");

    @Test
    void addedTimeIsAgainstTheUnprotectedGuestOfTheSameRunAndSlowdownAgainstTheOneBeside() {
        CheckpointReport report = new CheckpointReport(
                MACHINE,
                1,
                8,
                List.of(
                        sample(Setting.UNPROTECTED, Work.ECHO, 0.5),
                        sample(Setting.LATENCY, Work.ECHO, 2.75),
                        sample(Setting.UNPROTECTED, Work.LOOP, 0.99),
                        sample(Setting.LATENCY, Work.LOOP, 1.25)));
        assertThat(cells(report, "| latency ", "| echo ")).contains("2.75", "2.25", "1.44", "21.4", "56");
        assertThat(cells(report, "| latency ", "| CPU loop ")).contains("25.0");
        assertThat(cells(report, "| unprotected ", "| CPU loop "))
                .as("the noise")
                .contains("-1.0");
        assertThat(cells(report, "| unprotected ", "| echo ")).contains("0.50").doesNotContain("25.0", "1.44");
    }

    private static List<String> cells(CheckpointReport report, String guest, String work) {
        return report.markdown()
                .lines()
                .filter(line -> line.startsWith(guest) && line.contains(work))
                .flatMap(line -> List.of(line.split("\\|", -1)).stream())
                .map(String::strip)
                .toList();
    }

    private static Sample sample(Setting setting, Work work, double value) {
        boolean isLoop = work == Work.LOOP;
        return new Sample(
                setting,
                work,
                1,
                isLoop ? Optional.empty() : Optional.of(value),
                isLoop ? Optional.empty() : Optional.of(2 * value),
                isLoop ? Optional.empty() : Optional.of(100.0),
                isLoop ? Optional.of(value) : Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                setting.isProtected()
                        ? Optional.of(new Checkpoints(9, 120.5, 1.44, 3.2, 0.214, 56, 80_384, 2.5, 0, 0, 6700, 12))
                        : Optional.empty());
    }

    @Test
    void takeoversPassOnlyIfAllWereDoneAndNoEchoWasLostOrWrong() {
        Takeover good = takeover(Kind.POWER_LOSS, "");
        assertThat(passed(true, client(10, 10, 0, ""), good)).isTrue();
        assertThat(passed(false, client(10, 10, 0, ""), good)).isFalse();
        assertThat(passed(true, client(10, 9, 0, ""), good)).isFalse();
        assertThat(passed(true, client(10, 10, 1, ""), good)).isFalse();
        assertThat(passed(true, client(10, 10, 0, "reset"), good)).isFalse();
        assertThat(passed(true, client(10, 10, 0, ""), takeover(Kind.SIGKILL, "no takeover")))
                .isFalse();
    }

    private static boolean passed(boolean complete, EchoClient.Report client, Takeover takeover) {
        return TakeoverReport.of(MACHINE, complete, List.of(client), List.of(takeover))
                .passed();
    }

    @Test
    void aFailedFaultIsNamedAndCountsInNoPercentile() {
        TakeoverReport report = TakeoverReport.of(
                MACHINE,
                true,
                List.of(client(10, 10, 0, "")),
                List.of(
                        takeover(Kind.POWER_LOSS, ""),
                        Takeover.failed(Kind.POWER_LOSS, 2, "h1", "nobody took over", List.of("last words"))));
        assertThat(report.markdown()).contains("1 of 2 faults failed").contains("|     1 |");
        assertThat(TakeoverReport.line(report.takeovers().getLast())).contains("FAILED: nobody took over");
        assertThat(Json.pretty(report)).contains("\"last words\"");
    }

    private static Takeover takeover(Kind kind, String failure) {
        return new Takeover(
                kind,
                1,
                "h1",
                300,
                400,
                Optional.of(new Takeover.Stages(200, 20, 60, 20)),
                Optional.of(9000.0),
                Optional.of(80.0),
                failure,
                List.of());
    }

    private static EchoClient.Report client(long sent, long answered, long wrong, String failure) {
        Duration time = Duration.ofMillis(1);
        return new EchoClient.Report(sent, answered, wrong, failure, time, time, time, List.of());
    }
}
