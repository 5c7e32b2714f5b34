package understudy.lab.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PostgresClientTest {
    private static final Instant START = Instant.ofEpochSecond(1_000);

    @Test
    void whatClientsWereToldOfIsThereOnceAndAddsUp() {
        assertThat(PostgresClient.wrongBalances("510|-77|-77|-77|-77", 510)).isEmpty();
    }

    @Test
    void aTransactionTooFewOrTooManyIsWrong() {
        assertThat(PostgresClient.wrongBalances("509|-77|-77|-77|-77", 510))
                .isEqualTo("510 transactions were committed, and 509 are there");
        assertThat(PostgresClient.wrongBalances("511|-77|-77|-77|-77", 510)).contains("511");
    }

    @Test
    void halfATransactionIsWrong() {
        assertThat(PostgresClient.wrongBalances("510|-77|-77|-76|-77", 510)).contains("-76");
        assertThat(PostgresClient.wrongBalances("510", 510)).isNotEmpty();
    }

    @Test
    void theTimeOfACommitIsReadFromPgbenchsLog() {
        assertThat(Pgbench.time("3 12 151064 0 1796143941 250001"))
                .isEqualTo(Instant.ofEpochSecond(1_796_143_941L, 250_001_000));
    }

    @Test
    void theLongestWaitIsBetweenTwoCommitsOrAtAnEnd() {
        Pgbench.Report report = new Pgbench.Report(3, "", List.of(at(100), at(900), at(1000)));
        assertThat(report.longestWait(at(0), at(1100))).isEqualTo(Duration.ofMillis(800));
        assertThat(report.longestWait(at(950), at(2100))).isEqualTo(Duration.ofMillis(1100));
        assertThat(report.longestWait(at(200), at(300))).isEqualTo(Duration.ofMillis(100));
    }

    private static Instant at(long millis) {
        return START.plusMillis(millis);
    }
}
