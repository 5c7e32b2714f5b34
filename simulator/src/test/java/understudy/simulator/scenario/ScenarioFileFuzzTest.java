package understudy.simulator.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Whatever becomes of a file, reading it ends with a scenario or with one clear error.
class ScenarioFileFuzzTest {
    private static final Path FOLDER = Path.of("..", "docs", "scenarios");
    private static final long SEED = Long.getLong("seed", 1);
    private static final int ROUNDS = Integer.getInteger("rounds", 1_500);
    private static final String STRANGE = "\0\t\r\u0085\u2028\ud83d\uffff\u00e4{}[]:,-#&*!|>'\"%@`?~=\\ \n0";
    private static final List<String> PIECES = List.of(
            "null",
            "~",
            "{}",
            "[]",
            "[[]]",
            "- -",
            "&a",
            "*a",
            "<<: *a",
            "!!int x",
            "!!java.lang.String y",
            "---",
            "...",
            "1e999",
            "0x7f",
            "-1",
            "99999999999999999999",
            "? a\n: b",
            "%YAML 9.9\n---",
            "steps:",
            "at: 1h",
            "within: 0s",
            "for: 1s",
            "power off",
            "VM runs",
            "true");

    @Test
    void aDamagedFileIsAScenarioOrOneClearError() {
        Random random = new Random(SEED);
        List<String> good = goodFiles();
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String text = damaged(good, random);
            try {
                ScenarioFile.parse("x.yaml", text);
            } catch (BadScenario e) {
                refused++;
                assertThat(e.getMessage())
                        .startsWith("x.yaml:")
                        .doesNotContain("Exception", "jackson", "understudy.")
                        .endsWith(".");
            } catch (RuntimeException | StackOverflowError e) {
                fail("seed " + SEED + ", round " + round + ":\n" + text, e);
            }
        }
        assertThat(refused).isBetween(ROUNDS / 4, ROUNDS - 1);
    }

    private static List<String> goodFiles() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().map(ScenarioFileFuzzTest::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String damaged(List<String> good, Random random) {
        String text = pick(good, random);
        for (int i = random.nextInt(3); i >= 0; i--) {
            text = damaged(text, good, random);
        }
        return text;
    }

    private static String damaged(String text, List<String> good, Random random) {
        int from = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), from + random.nextInt(12));
        return switch (random.nextInt(7)) {
            case 0 -> text.substring(0, from) + text.substring(to);
            case 1 -> text.substring(0, from);
            case 2 -> text.substring(0, to) + text.substring(from);
            case 3 -> text.substring(0, from) + STRANGE.charAt(random.nextInt(STRANGE.length())) + text.substring(from);
            case 4 -> text.substring(0, from) + pick(PIECES, random) + text.substring(to);
            case 5 -> shuffled(text, random);
            default -> spliced(text, pick(good, random), random);
        };
    }

    private static String shuffled(String text, Random random) {
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (lines.size() > 1) {
            Collections.swap(lines, random.nextInt(lines.size()), random.nextInt(lines.size()));
        }
        return String.join("\n", lines);
    }

    private static String spliced(String one, String other, Random random) {
        List<String> first = one.lines().toList();
        List<String> second = other.lines().toList();
        List<String> both = new ArrayList<>(first.subList(0, random.nextInt(first.size() + 1)));
        both.addAll(second.subList(random.nextInt(second.size() + 1), second.size()));
        return String.join("\n", both);
    }

    private static <T> T pick(List<T> things, Random random) {
        return things.get(random.nextInt(things.size()));
    }
}
