package understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class MarkdownTableTest {
    @Test
    void theSourceIsAlignedToo() {
        String table = new MarkdownTable(1, "guest", "ms")
                .row("unprotected", "1.5")
                .row("latency", "12.25")
                .toString();
        assertThat(table).isEqualTo("""
                        | guest       |    ms |
                        | ----------- | ----: |
                        | unprotected |   1.5 |
                        | latency     | 12.25 |""");
    }

    @Test
    void aRowWithMissingCellsIsRefused() {
        MarkdownTable table = new MarkdownTable(1, "a", "b");
        assertThatThrownBy(() -> table.row("1")).hasMessage("1 cells in 2 columns");
    }
}
