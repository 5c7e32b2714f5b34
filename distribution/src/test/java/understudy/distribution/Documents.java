package understudy.distribution;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The project's documents and sources, as text.
final class Documents {
    private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
    private static final Pattern HEADING = Pattern.compile("(?m)^(#{1,6}) (.+)$");
    private static final Pattern FIRST_CELL = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

    private Documents() {}

    /// The checkout's folder.
    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Stream.iterate(Optional.of(here), Optional::isPresent, folder -> folder.map(Path::getParent))
                .flatMap(Optional::stream)
                .filter(folder ->
                        Files.exists(folder.resolve("README.md")) && Files.isDirectory(folder.resolve("docs")))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no checkout around " + here));
    }

    /// All Markdown files for readers.
    static List<Path> markdown() {
        List<Path> files = new ArrayList<>(List.of(root().resolve("README.md"), root().resolve("CHANGELOG.md")));
        files.addAll(below(root().resolve("docs"), ".md"));
        return files;
    }

    static String reference(String name) {
        return read(root().resolve("docs/reference").resolve(name));
    }

    /// The main sources of all modules.
    static List<Path> sources() {
        return modules()
                .flatMap(module -> below(module.resolve("src/main/java"), ".java").stream())
                .toList();
    }

    /// The main sources of one module.
    static List<Path> sources(String module) {
        return below(root().resolve(module).resolve("src/main/java"), ".java");
    }

    private static Stream<Path> modules() {
        try (Stream<Path> folders = Files.list(root())) {
            return folders.filter(folder -> Files.exists(folder.resolve("pom.xml"))).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> below(Path folder, String end) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The text without fenced blocks.
    static String prose(String markdown) {
        return FENCE.matcher(markdown).replaceAll("");
    }

    /// The contents of the fenced blocks in this language.
    static List<String> fenced(String markdown, String language) {
        return FENCE.matcher(markdown)
                .results()
                .filter(block -> block.group(1).equals(language))
                .map(block -> block.group(2))
                .toList();
    }

    /// Headings of this depth.
    static List<String> headings(String markdown, int depth) {
        return HEADING.matcher(prose(markdown))
                .results()
                .filter(heading -> heading.group(1).length() == depth)
                .map(heading -> heading.group(2))
                .toList();
    }

    /// The anchors that GitHub gives to the headings.
    static List<String> anchors(String markdown) {
        return HEADING.matcher(prose(markdown))
                .results()
                .map(heading -> heading.group(2)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /// The second cell of the row whose first is this code.
    static Optional<String> secondCell(String markdown, String first) {
        Matcher row = Pattern.compile("(?m)^\\| `" + Pattern.quote(first) + "` \\| ([^|]*) \\|")
                .matcher(markdown);
        return row.find() ? Optional.of(row.group(1)) : Optional.empty();
    }

    /// What stands as code, alone, in the first cells of the tables, in order.
    static List<String> firstCells(String markdown) {
        List<String> cells = new ArrayList<>();
        Matcher matcher = FIRST_CELL.matcher(markdown);
        while (matcher.find()) {
            cells.add(matcher.group(1));
        }
        return cells;
    }
}
