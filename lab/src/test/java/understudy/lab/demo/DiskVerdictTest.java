package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.lab.DiskFault;
import understudy.lab.probe.DiskChurn;

class DiskVerdictTest {
    private static final DiskChurn.Report FLAWLESS = new DiskChurn.Report(10, 10, 1, 1, Duration.ofMillis(90), "");
    private static final DiskVerdict.Strike SURVIVED = strike(2100, true, Optional.of(800L));

    private static DiskVerdict.Strike strike(double longestWait, boolean wentOn, Optional<Long> inSync) {
        return new DiskVerdict.Strike(
                "h1",
                true,
                Optional.of(DiskFault.HANG),
                Optional.of("back"),
                Optional.of(2100L),
                longestWait,
                wentOn,
                inSync);
    }

    private static DiskVerdict of(DiskChurn.Report report, DiskVerdict.Strike... strikes) {
        return DiskVerdict.of(DemoFault.DISK, report, List.of(strikes), List.of());
    }

    @Test
    void aGuestThatNoticedNothingPasses() {
        assertThat(of(FLAWLESS, SURVIVED, SURVIVED).passed()).isTrue();
    }

    @Test
    void withoutAFaultNothingWasShown() {
        assertThat(of(FLAWLESS).passed()).isFalse();
    }

    @Test
    void aGuestThatDidNotGoOnFails() {
        assertThat(of(FLAWLESS, SURVIVED, strike(100, false, Optional.of(1L))).passed())
                .isFalse();
    }

    @Test
    void aDiskThatNeverCaughtUpFails() {
        assertThat(of(FLAWLESS, strike(100, true, Optional.empty())).passed()).isFalse();
    }

    @Test
    void aWaitThatIsTooLongFails() {
        assertThat(of(FLAWLESS, strike(5001, true, Optional.of(1L))).passed()).isFalse();
    }

    @Test
    void anErrorIsToldFromAWrongBlock() {
        DiskVerdict error = of(FLAWLESS.with("ERROR write: Input/output error"), SURVIVED);
        assertThat(error.passed()).isFalse();
        assertThat(List.of(error.errors(), error.wrong())).containsExactly(1, 0);
        DiskVerdict wrong = of(FLAWLESS.with("WRONG block 7: generation 3, and 4 was written"), SURVIVED);
        assertThat(wrong.passed()).isFalse();
        assertThat(List.of(wrong.errors(), wrong.wrong())).containsExactly(0, 1);
    }
}
