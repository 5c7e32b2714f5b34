package understudy.benchmarks.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import understudy.api.Json;

final class FioTest {
    private static final String REPORT = """
            {"fio version": "fio-3.33", "jobs": [{"error": 0,
              "read": {"total_ios": 0, "iops": 0, "bw_bytes": 0, "clat_ns": {}},
              "write": {"total_ios": 900, "iops": 450.5, "bw_bytes": 1845248,
                "clat_ns": {"percentile": {"50.000000": 61000, "99.000000": 250000}}},
              "sync": %s}]}
            """;
    private static final String FLUSHED = """
            {"lat_ns": {"percentile": {"50.000000": 700000, "99.000000": 5000000}}}""";

    @Test
    void aReportIsReadBehindTheLibrarysOwnWords() throws IOException {
        String text = "fio: connected to NBD server\n" + REPORT.formatted("{}");
        Fio.Outcome outcome = outcome(Fio.json(text));
        assertThat(outcome).isEqualTo(new Fio.Outcome(900, 450.5, 1845248, 61, 250));
    }

    @Test
    void latenciesAreThoseOfFlushesIfThereAreAny() throws IOException {
        Fio.Outcome outcome = outcome(REPORT.formatted(FLUSHED));
        assertThat(outcome.p50Micros()).isEqualTo(700);
        assertThat(outcome.p99Micros()).isEqualTo(5000);
    }

    @Test
    void aJobThatFailedOrDidNothingHasNoOutcome() {
        assertThatThrownBy(() -> outcome(REPORT.formatted("{}").replace("\"error\": 0", "\"error\": 5")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> outcome(REPORT.formatted("{}").replace("900", "0")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Fio.json("fio: no such engine\n")).isInstanceOf(IOException.class);
    }

    private static Fio.Outcome outcome(String report) throws IOException {
        return Fio.outcome(Json.tree(report.getBytes(StandardCharsets.UTF_8)), "write");
    }
}
