package understudy.ledger;

import static understudy.ledger.Voters.H1;
import static understudy.ledger.Voters.H2;
import static understudy.ledger.Voters.W1;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import understudy.model.Placement;
import understudy.model.VmSpec;
import understudy.protocol.LedgerCommand;

/// Prints what three voters in one process on one disk take: run it by hand, it judges nothing.
final class RatisLedgerBenchmark {
    private final VmSpec web = Samples.spec("web");
    private long origin = System.nanoTime();

    private RatisLedgerBenchmark() {}

    static void main(String[] args) throws Exception {
        new RatisLedgerBenchmark().run(Path.of(args[0]));
    }

    private void run(Path parent) throws Exception {
        try (Voters voters = new Voters(Files.createTempDirectory(parent, "ledger"), Duration.ofSeconds(20))) {
            voters.startAll();
            lap("three voters started");
            wanted(voters.of(H1), true);
            lap("first commit, from the start");
            voters.awaitLeader(W1);
            lap("the preferred voter leads");
            Voters.propose(
                    voters.of(H1), new LedgerCommand.CreateVm(web, true, Samples.view(1, new Placement.Stopped())));
            latency("commit from a follower", () -> wanted(voters.of(H1), true));
            latency("commit from the leader", () -> wanted(voters.of(W1), true));
            latency("read from a follower", () -> Voters.read(voters.of(H1)));
            System.out.println("threads with three voters: " + Thread.activeCount());
            voters.silence(H2, true);
            latency("commit, one follower silent", () -> wanted(voters.of(H1), true));
            latency("read, one follower silent", () -> Voters.read(voters.of(H1)));
            voters.silence(H2, false);
            for (int i = 0; i < 5; i++) {
                failOver(voters);
            }
            voters.stop(W1);
            lap("one voter closed");
        }
        lap("the others closed");
    }

    private void failOver(Voters voters) throws Exception {
        voters.awaitLeader(W1);
        TimeUnit.SECONDS.sleep(2);
        lap("ready");
        voters.silence(W1, true);
        wanted(voters.of(H1), true);
        lap("leader silent -> next commit from h1");
        Voters.read(voters.of(H2));
        lap("then a read from h2");
        voters.silence(W1, false);
    }

    private void wanted(RatisLedger ledger, boolean wanted) throws Exception {
        Voters.propose(ledger, new LedgerCommand.SetWanted(web.id(), wanted));
    }

    private interface Action {
        void run() throws Exception;
    }

    private void latency(String what, Action action) throws Exception {
        long[] nanos = new long[300];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            action.run();
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        System.out.printf(
                "%-40s p50 %.1f ms, p99 %.1f ms, worst %.1f ms%n",
                what, nanos[150] / 1e6, nanos[297] / 1e6, nanos[299] / 1e6);
        origin = System.nanoTime();
    }

    private void lap(String what) {
        long now = System.nanoTime();
        System.out.printf("%-40s %d ms%n", what, (now - origin) / 1_000_000);
        origin = now;
    }
}
