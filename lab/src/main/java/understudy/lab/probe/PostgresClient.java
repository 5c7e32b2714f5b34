package understudy.lab.probe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import understudy.lab.DebianGuest;

/// A user of the PostgreSQL server in the Debian guest, somewhere in the client's network: `psql` and `pgbench`, as
/// Debian has them.
///
/// @param namespace the network that it is in
public record PostgresClient(Path namespace, DebianGuest guest) {
    private static final Duration QUESTION_MAX = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);

    /// Tells apart one life of the guest from the next.
    private static final String BOOT_ID = "select trim(pg_read_file('/proc/sys/kernel/random/boot_id'), E'\\n')";

    private static final String BALANCES = """
            select (select count(*) from pgbench_history),
                   (select coalesce(sum(delta), 0) from pgbench_history),
                   (select sum(abalance) from pgbench_accounts),
                   (select sum(tbalance) from pgbench_tellers),
                   (select sum(bbalance) from pgbench_branches)""";

    /// Every tuple and every key, by PostgreSQL's own checker.
    private static final String CHECK = """
            set client_min_messages = warning;
            create extension if not exists amcheck;
            select blkno || ': ' || msg from verify_heapam('pgbench_accounts');
            select blkno || ': ' || msg from verify_heapam('pgbench_history');
            select bt_index_check('pgbench_accounts_pkey', true)""";

    /// What a statement answers: a line for each row, with `|` between columns.
    ///
    /// @throws IOException with PostgreSQL's words, if it fails or takes longer than a minute
    public List<String> query(String sql) throws IOException {
        return run("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql)
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /// Until the server answers.
    ///
    /// @param meanwhile done again and again
    /// @throws IOException what it said at last
    public void await(Duration patience, Runnable meanwhile) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                query("select 1");
                return;
            } catch (IOException notYet) {
                if (System.nanoTime() - end > 0) {
                    throw notYet;
                }
            }
            meanwhile.run();
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /// Differs after each boot of the guest.
    public String bootId() throws IOException {
        return query(BOOT_ID).getFirst();
    }

    /// Makes the tables of `pgbench`, with 100,000 accounts and no history.
    public void prepare() throws IOException {
        run("pgbench", "--initialize", "--scale", "1", "--quiet");
    }

    /// Compares what the server has with what its clients were told of, and has it check tables and keys.
    ///
    /// @param committed how many transactions were, since [#prepare]
    /// @return what is wrong; empty if nothing is
    public String audit(long committed) throws IOException {
        String wrong = wrongBalances(query(BALANCES).getFirst(), committed);
        return wrong.isEmpty() ? String.join("; ", query(CHECK)) : wrong;
    }

    /// @param found transactions in the history, and the four sums, which each of them has added the same to
    static String wrongBalances(String found, long committed) {
        List<String> columns = List.of(found.split("\\|", -1));
        if (!columns.getFirst().equals(Long.toString(committed))) {
            return "%d transactions were committed, and %s are there".formatted(committed, columns.getFirst());
        }
        List<String> sums = columns.subList(1, columns.size());
        return sums.size() == 4 && sums.stream().distinct().count() == 1
                ? ""
                : "history, accounts, tellers and branches differ: " + String.join(", ", sums);
    }

    /// A command in the client's network.
    List<String> command(String program, String... words) {
        List<String> command = new ArrayList<>(List.of("nsenter", "--net=" + namespace));
        command.addAll(guest.program(program));
        command.addAll(List.of("--host", DebianGuest.ADDRESS, "--username", "postgres"));
        command.addAll(List.of(words));
        if (program.equals("pgbench")) {
            command.add("postgres");
        }
        return command;
    }

    /// What the person who runs this has set for a server of theirs does not count.
    static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("PGCONNECT_TIMEOUT", "10");
        return builder;
    }

    private String run(String program, String... words) throws IOException {
        Process process = builder(command(program, words)).start();
        try {
            process.getOutputStream().close();
            String output = CompletableFuture.supplyAsync(() -> text(process.getInputStream()))
                    .get(QUESTION_MAX.toMillis(), TimeUnit.MILLISECONDS);
            if (process.waitFor() != 0) {
                throw new IOException(program + ": " + output.strip());
            }
            return output;
        } catch (TimeoutException e) {
            throw new IOException(program + " has not ended after " + QUESTION_MAX.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException(program + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
