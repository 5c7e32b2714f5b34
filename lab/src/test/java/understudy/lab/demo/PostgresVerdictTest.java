package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PostgresVerdictTest {
    private static final PostgresVerdict.Loss GOOD = loss(Optional.of(400L), Optional.of(20_000L));

    private static PostgresVerdict.Loss loss(Optional<Long> takeover, Optional<Long> protectedAgain) {
        return new PostgresVerdict.Loss(DemoFault.HOST, "h1", true, takeover, 600, protectedAgain);
    }

    private static boolean passes(
            int wanted,
            long committed,
            String trouble,
            String audit,
            boolean rebooted,
            PostgresVerdict.Loss... losses) {
        return PostgresVerdict.of(
                        DemoFault.HOST,
                        wanted,
                        8,
                        committed,
                        trouble,
                        audit,
                        rebooted,
                        List.of(losses),
                        List.of(),
                        List.of())
                .passed();
    }

    @Test
    void itPassesWhenTheClientsMissedNothingAndAllOfItIsThere() {
        assertThat(passes(2, 900, "", "", false, GOOD, GOOD)).isTrue();
    }

    @Test
    void whatWasNotAsPromisedFailsIt() {
        assertThat(passes(2, 900, "", "", false, GOOD)).isFalse();
        assertThat(passes(1, 0, "", "", false, GOOD)).isFalse();
        assertThat(passes(1, 900, "a client was aborted", "", false, GOOD)).isFalse();
        assertThat(passes(1, 900, "", "one is missing", false, GOOD)).isFalse();
        assertThat(passes(1, 900, "", "", true, GOOD)).isFalse();
        assertThat(passes(1, 900, "", "", false, loss(Optional.empty(), Optional.of(1L))))
                .isFalse();
        assertThat(passes(1, 900, "", "", false, loss(Optional.of(1L), Optional.empty())))
                .isFalse();
    }
}
