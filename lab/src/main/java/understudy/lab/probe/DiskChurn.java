package understudy.lab.probe;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A disk's client within the lab guest, `disk churn`, as it is seen from outside: it writes, reads back what it
/// wrote and compares, punches holes and flushes without end, and says four times a second how it fares.
///
/// Threads: any; one of its own listens.
public final class DiskChurn implements AutoCloseable {
    /// How much of a disk demonstrations and benchmarks use, in mebibytes.
    public static final int USUAL_MIB = 16;

    /// Leaves the guest time for its client.
    public static final Duration REST_BESIDE_A_CLIENT = Duration.ofMillis(5);

    private static final Duration BEGIN = Duration.ofSeconds(60);
    /// A guest that says nothing for so long has failed.
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Pattern LINE =
            Pattern.compile("writes (\\d+) reads (\\d+) holes (\\d+) flushes (\\d+) slowest (\\d+) us");

    private final GuestShell shell;
    private final Thread listener;
    private Report report = new Report(0, 0, 0, 0, Duration.ZERO, "");
    private Duration longest = Duration.ZERO;
    private long heard = System.nanoTime();
    private boolean hasEnded;

    /// How it fared.
    ///
    /// @param reads   of blocks whose content is known, each compared
    /// @param holes   that it punched: what is written there later needs room anew
    /// @param longest that one request took, of all since the begin
    /// @param trouble the first error or wrong block, or why nothing more was heard; empty if there was none
    public record Report(long writes, long reads, long holes, long flushes, Duration longest, String trouble) {
        public long requests() {
            return writes + reads + holes + flushes;
        }

        public Report with(String otherTrouble) {
            return new Report(writes, reads, holes, flushes, longest, otherTrouble);
        }

        /// Whether it saw neither an error nor a wrong byte.
        public boolean isFlawless() {
            return trouble.isEmpty() && writes > 0 && reads > 0;
        }
    }

    private DiskChurn(GuestShell shell) {
        this.shell = shell;
        this.listener = Thread.ofPlatform().daemon().name("disk-churn").unstarted(this::listen);
    }

    /// Begins, over a shell that is its own from now on.
    ///
    /// @param device in the guest, such as `/dev/vda`
    /// @param mib    how many mebibytes of it, from the first
    public static DiskChurn start(GuestShell shell, String device, int mib) throws IOException {
        return start(shell, device, mib, Duration.ZERO);
    }

    /// @param rest after each request
    public static DiskChurn start(GuestShell shell, String device, int mib, Duration rest) throws IOException {
        long micros = rest.toNanos() / 1000;
        shell.tell("disk churn %s %d %d; echo ended".formatted(device, mib, micros));
        String first = shell.line(BEGIN);
        if (!first.equals("begins")) {
            throw new IOException("the guest's disk client does not begin: " + first);
        }
        DiskChurn churn = new DiskChurn(shell);
        churn.listener.start();
        return churn;
    }

    private void listen() {
        try {
            while (true) {
                String line = shell.line(SILENCE_MAX);
                if (line.equals("ended")) {
                    break;
                }
                hear(line);
            }
        } catch (IOException e) {
            fail(String.valueOf(e.getMessage()));
        }
        end();
    }

    private synchronized void end() {
        hasEnded = true;
    }

    private synchronized void fail(String why) {
        if (report.trouble.isEmpty()) {
            report = report.with(why);
        }
    }

    private synchronized void hear(String line) {
        Matcher told = LINE.matcher(line);
        if (!told.matches()) {
            fail(line);
            return;
        }
        heard = System.nanoTime();
        Duration slowest = Duration.ofNanos(1000 * Long.parseLong(told.group(5)));
        longest = longer(longest, slowest);
        report = new Report(
                Long.parseLong(told.group(1)),
                Long.parseLong(told.group(2)),
                Long.parseLong(told.group(3)),
                Long.parseLong(told.group(4)),
                longer(report.longest, slowest),
                report.trouble);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    public synchronized Report report() {
        return report;
    }

    /// The longest that one request took since [#forget], or the begin.
    public synchronized Duration longest() {
        return longest;
    }

    /// Measures [#longest] from here on.
    public synchronized void forget() {
        longest = Duration.ZERO;
    }

    /// For how long nothing was heard: a request waits, if this is long.
    public synchronized Duration silence() {
        return Duration.ofNanos(System.nanoTime() - heard);
    }

    /// Whether it has so many more requests done within a time, without any trouble.
    ///
    /// @param poll runs now and then meanwhile
    public boolean goesOn(long more, Duration patience, Runnable poll) {
        long goal = report().requests() + more;
        return holds(patience, poll, () -> report().requests() >= goal)
                && report().trouble().isEmpty();
    }

    private boolean holds(Duration patience, Runnable poll, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end || !report().trouble().isEmpty()) {
                return false;
            }
            poll.run();
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    /// Has it end after the request that it is at.
    public Report stop(Duration patience) {
        try {
            shell.tell("enough");
        } catch (IOException e) {
            fail(String.valueOf(e.getMessage()));
        }
        if (!holds(patience, () -> {}, this::hasEnded)) {
            fail("it did not end within " + patience.toSeconds() + " s");
        }
        return report();
    }

    private synchronized boolean hasEnded() {
        return hasEnded;
    }

    /// Reads all of what a churn that has ended may have written.
    ///
    /// @return what was wrong; empty if nothing
    public static String verify(GuestShell shell, String device, int mib, Duration patience) {
        try {
            List<String> said = shell.run("disk verify " + device + " " + mib, patience);
            return said.size() == 1 && said.getFirst().startsWith("verified ") ? "" : String.join("; ", said);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        shell.close();
    }
}
