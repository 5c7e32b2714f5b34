package understudy.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A table in Markdown whose source is aligned, too: texts to the left, figures to the right.
public final class MarkdownTable {
    private final List<List<String>> rows = new ArrayList<>();

    private final int texts;

    /// @param texts how many columns, from the left, are no figures
    public MarkdownTable(int texts, String... header) {
        this.texts = texts;
        rows.add(List.of(header));
    }

    public MarkdownTable row(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException(
                    cells.length + " cells in " + rows.getFirst().size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    @Override
    public String toString() {
        List<String> lines = new ArrayList<>(rows.stream().map(this::line).toList());
        lines.add(1, rule());
        return String.join("\n", lines);
    }

    private String line(List<String> row) {
        return IntStream.range(0, row.size())
                .mapToObj(column -> padded(row.get(column), column))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private String rule() {
        return IntStream.range(0, rows.getFirst().size())
                .mapToObj(column -> column < texts ? "-".repeat(width(column)) : "-".repeat(width(column) - 1) + ":")
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private String padded(String text, int column) {
        String space = " ".repeat(width(column) - text.length());
        return column < texts ? text + space : space + text;
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).reduce(3, Math::max);
    }
}
