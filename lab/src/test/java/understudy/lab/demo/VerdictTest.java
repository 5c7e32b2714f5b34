package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.lab.probe.DiskChurn;
import understudy.lab.probe.EchoClient;

class VerdictTest {
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final EchoClient.Report FLAWLESS =
            new EchoClient.Report(10, 10, 0, "", SHORT, SHORT, SHORT, List.of());
    private static final Verdict.Act MOVED = act(true, true, 5, true, Optional.of(900L));
    private static final Verdict.Act STAYED = act(false, false, 5, true, Optional.of(1900L));

    private static Verdict.Act act(
            boolean mayMove, boolean isMoved, long answered, boolean isConnected, Optional<Long> again) {
        return new Verdict.Act(
                DemoFault.HOST, "h1", mayMove, isMoved, answered, isConnected, 300, 250, Optional.of(280L), again);
    }

    private static final DiskChurn.Report DISK = new DiskChurn.Report(3, 2, 1, 1, Duration.ofMillis(1), "");

    private static Verdict of(EchoClient.Report report, int wanted, Verdict.Act... acts) {
        return of(report, DISK, wanted, acts);
    }

    private static Verdict of(EchoClient.Report report, DiskChurn.Report disk, int wanted, Verdict.Act... acts) {
        return Verdict.of(DemoFault.ALL, wanted, report, disk, 1.0, List.of(acts), List.of(), List.of());
    }

    @Test
    void itPassesWhenEachActDidAndTheClientMissedNothing() {
        Verdict verdict = of(FLAWLESS, 2, MOVED, STAYED);
        assertThat(verdict.passed()).isTrue();
        assertThat(verdict.protectedAgainMillis()).contains(1900L);
        assertThat(verdict.longestWaitMillis()).isEqualTo(300);
    }

    @Test
    void anActThatWasNotReachedFailsIt() {
        assertThat(of(FLAWLESS, 3, MOVED, STAYED).passed()).isFalse();
        assertThat(of(FLAWLESS, 1).passed()).isFalse();
    }

    @Test
    void whatWasNotAsPromisedFailsItAndIsSaid() {
        Verdict.Act wandering = act(false, true, 5, true, Optional.of(1L));
        Verdict.Act silent = act(true, true, 0, true, Optional.of(1L));
        Verdict.Act cut = act(true, true, 5, false, Optional.of(1L));
        Verdict.Act bare = act(true, true, 5, true, Optional.empty());
        for (Verdict.Act act : List.of(wandering, silent, cut, bare)) {
            assertThat(of(FLAWLESS, 1, act).passed()).as(act.complaint()).isFalse();
            assertThat(act.complaint()).isNotBlank();
        }
        assertThat(MOVED.complaint()).isEmpty();
    }

    @Test
    void aWrongOrLostAnswerFailsIt() {
        assertThat(of(new EchoClient.Report(10, 9, 0, "", SHORT, SHORT, SHORT, List.of()), 1, MOVED)
                        .passed())
                .isFalse();
        assertThat(of(new EchoClient.Report(10, 10, 1, "", SHORT, SHORT, SHORT, List.of()), 1, MOVED)
                        .passed())
                .isFalse();
    }

    @Test
    void aWrongBlockFailsItAndSoDoesADiskThatWasNotUsed() {
        assertThat(of(FLAWLESS, DISK.with("WRONG block 7"), 1, MOVED).passed()).isFalse();
        DiskChurn.Report idle = new DiskChurn.Report(0, 0, 0, 0, SHORT, "");
        assertThat(of(FLAWLESS, idle, 1, MOVED).passed()).isFalse();
    }
}
