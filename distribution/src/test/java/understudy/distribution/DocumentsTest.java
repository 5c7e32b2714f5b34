package understudy.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Whether the documents hold together: what they point at is there.
class DocumentsTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern TEST = Pattern.compile("\\[`(\\w+)\\.(\\w+)`\\]\\(([^)\\s]+)\\)");
    private static final Pattern FIGURE = Pattern.compile("`([A-Z]\\w+)\\.([A-Z_]+) = ([^`]+)`");
    private static final int README_LINES_MAX = 150;

    @Test
    void everyLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path file : Documents.markdown()) {
            for (MatchResult link : matches(LINK, Documents.prose(Documents.read(file)))) {
                links++;
                if (!leadsSomewhere(file, link.group(1))) {
                    broken.add(file + ": " + link.group(1));
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(links).isGreaterThan(30);
    }

    private static boolean leadsSomewhere(Path file, String target) {
        if (target.startsWith("https://")) {
            return true;
        }
        String[] parts = target.split("#", 2);
        Path there = parts[0].isEmpty() ? file : file.resolveSibling(parts[0]).normalize();
        boolean hasAnchor =
                parts.length < 2 || Documents.anchors(Documents.read(there)).contains(parts[1]);
        return there.startsWith(Documents.root()) && Files.exists(there) && hasAnchor;
    }

    @Test
    void everyDocumentHasOneTitle() {
        for (Path file : Documents.markdown()) {
            assertThat(Documents.headings(Documents.read(file), 1))
                    .as(file.toString())
                    .hasSize(1);
        }
    }

    @Test
    void theReadmeIsShort() {
        assertThat(Documents.read(Documents.root().resolve("README.md")).lines())
                .hasSizeLessThan(README_LINES_MAX);
    }

    @Test
    void everyTestThatKeepsAPromiseOrARuleIsThere() {
        for (String document :
                List.of("docs/specification.md", "docs/reference/rules.md", "docs/reference/models.md")) {
            Path file = Documents.root().resolve(document);
            List<MatchResult> tests = matches(TEST, Documents.read(file));
            assertThat(tests).as(document).isNotEmpty();
            for (MatchResult test : tests) {
                Path source = file.resolveSibling(test.group(3)).normalize();
                assertThat(source).hasFileName(test.group(1) + ".java");
                assertThat(Documents.read(source)).as(test.group()).contains("void " + test.group(2) + "(");
            }
        }
    }

    @Test
    void theFiguresOfTheSpecificationAreThoseOfTheCode() {
        List<MatchResult> figures =
                matches(FIGURE, Documents.read(Documents.root().resolve("docs/specification.md")));
        assertThat(figures).hasSizeGreaterThan(20);
        for (MatchResult figure : figures) {
            assertThat(Documents.sources())
                    .as(figure.group())
                    .anyMatch(source -> source.getFileName().toString().equals(figure.group(1) + ".java")
                            && oneLine(Documents.read(source))
                                    .contains(" " + figure.group(2) + " = " + figure.group(3) + ";"));
        }
    }

    private static String oneLine(String source) {
        return source.replaceAll("\\s+", " ").replace("( ", "(").replace(" )", ")");
    }

    private static List<MatchResult> matches(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }
}
