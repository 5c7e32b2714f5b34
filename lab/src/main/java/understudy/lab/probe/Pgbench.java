package understudy.lab.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// `pgbench` at work: eight connections, which are made once, and one transaction after the other on each. It never
/// connects twice; one whose connection breaks ends, and makes `pgbench` fail.
///
/// Threads: any; one of its own listens.
public final class Pgbench implements AutoCloseable {
    public static final int CONNECTIONS = 8;

    /// Longer than anybody lets it work.
    private static final Duration LONGEST = Duration.ofHours(12);

    private static final int WORDS_MAX = 200;
    private static final Pattern RATE = Pattern.compile("progress: [\\d.]+ s, ([\\d.]+) tps");
    private static final Pattern PROCESSED = Pattern.compile("transactions actually processed: (\\d+)");
    private static final Pattern FAILED = Pattern.compile("number of failed transactions: (\\d+)");

    private final Process process;
    private final Path folder;
    private final Thread listener;
    private final List<String> said = new ArrayList<>();
    private double rate;

    /// What it saw.
    ///
    /// @param committed transactions whose commit was told to it
    /// @param trouble   what went wrong, in its words; empty if nothing did
    /// @param commits   when each commit was told to it, in order
    public record Report(long committed, String trouble, List<Instant> commits) {
        public Report {
            commits = List.copyOf(commits);
        }

        /// Nothing failed, and something was done.
        public boolean isFlawless() {
            return trouble.isEmpty() && committed > 0;
        }

        /// Told of in that time.
        public long committed(Instant from, Instant to) {
            return commits.stream()
                    .filter(time -> !time.isBefore(from) && time.isBefore(to))
                    .count();
        }

        /// The longest time in which none of its connections was told of a commit.
        public Duration longestWait(Instant from, Instant to) {
            List<Instant> all = Stream.concat(
                            Stream.of(from),
                            Stream.concat(
                                    commits.stream().filter(time -> time.isAfter(from) && time.isBefore(to)),
                                    Stream.of(to)))
                    .toList();
            Duration longest = Duration.ZERO;
            for (int i = 1; i < all.size(); i++) {
                Duration wait = Duration.between(all.get(i - 1), all.get(i));
                longest = wait.compareTo(longest) > 0 ? wait : longest;
            }
            return longest;
        }
    }

    private Pgbench(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        this.listener = Thread.ofPlatform().daemon().name("pgbench").start(this::listen);
    }

    /// What each transaction does.
    public enum Script {
        /// Three updates, a question and an insertion, as in TPC-B.
        READ_WRITE("tpcb-like"),
        /// One question.
        READ_ONLY("select-only");

        private final String builtin;

        Script(String builtin) {
            this.builtin = builtin;
        }
    }

    /// Begins. The tables must be there.
    public static Pgbench start(PostgresClient client, Script script) throws IOException {
        Path folder = Files.createTempDirectory("understudy-pgbench");
        List<String> command = client.command(
                "pgbench",
                "--client=" + CONNECTIONS,
                "--jobs=2",
                "--builtin=" + script.builtin,
                "--no-vacuum",
                "--progress=1",
                "--log",
                "--log-prefix=" + folder.resolve("log"),
                "--time=" + LONGEST.toSeconds());
        Process process = PostgresClient.builder(command).start();
        process.getOutputStream().close();
        return new Pgbench(process, folder);
    }

    private void listen() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                hear(line);
            }
        } catch (IOException e) {
            hear(String.valueOf(e.getMessage()));
        }
    }

    /// Of what it says that is not its progress the first lines are kept.
    private synchronized void hear(String line) {
        Matcher progress = RATE.matcher(line);
        if (progress.find()) {
            rate = Double.parseDouble(progress.group(1));
        } else if (said.size() < WORDS_MAX) {
            said.add(line);
        }
    }

    public boolean isAtWork() {
        return process.isAlive();
    }

    /// Transactions in the last second.
    public synchronized double rate() {
        return rate;
    }

    /// Lets each connection finish what it has begun, and ends.
    ///
    /// @throws IOException if its log cannot be read
    public Report stop(Duration patience) throws IOException {
        try {
            // As its own timer does once its time is over.
            new ProcessBuilder("kill", "-ALRM", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            boolean hasEnded = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!hasEnded) {
                process.destroyForcibly();
            }
            listener.join();
            return report(hasEnded ? "" : "it has not ended after " + patience.toSeconds() + " s", process.waitFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            close();
        }
    }

    private synchronized Report report(String late, int status) throws IOException {
        String words = String.join("\n", said);
        List<Instant> commits = new ArrayList<>();
        try (Stream<Path> logs = Files.list(folder)) {
            for (Path log : logs.toList()) {
                Files.readAllLines(log).forEach(line -> commits.add(time(line)));
            }
        }
        commits.sort(null);
        long committed = number(PROCESSED, words);
        if (!late.isEmpty()) {
            return new Report(committed, late, commits);
        }
        boolean isWhole = status == 0 && number(FAILED, words) == 0 && committed == commits.size();
        return new Report(committed, isWhole ? "" : "pgbench ended with status " + status + ": " + words, commits);
    }

    /// `client transaction microseconds script seconds microseconds`: the last two are when it was done.
    static Instant time(String line) {
        String[] words = line.split(" ", -1);
        return Instant.ofEpochSecond(Long.parseLong(words[4]), 1000 * Long.parseLong(words[5]));
    }

    private static long number(Pattern pattern, String words) {
        Matcher matcher = pattern.matcher(words);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try (Stream<Path> files = Files.exists(folder) ? Files.walk(folder) : Stream.empty()) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
