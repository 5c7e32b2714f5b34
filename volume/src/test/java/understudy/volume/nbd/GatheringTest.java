package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/// A client and a server, each on a processor of its own, in virtual time.
class GatheringTest {
    private static final int READ = Request.HEADER_BYTES;
    private static final int WRITE = Request.HEADER_BYTES + 4096;
    private static final long REST_NANOS = 15_000;
    private static final long RECEIVE_NANOS = 2_000;

    private long now;
    private final Gathering gathering = new Gathering(() -> now);
    private final Queue<Long> underWay = new ArrayDeque<>();
    private long clientIsBusyUntil;
    private int receives;
    private int rests;

    @Test
    void aClientThatIsBusyWithAnswersIsLetAlone() {
        run(100_000, 32, 5_500, 2_000, READ);

        assertThat(rests).isGreaterThan(receives * 7 / 10);
        assertThat(receives).isLessThan(100_000 / 2);
        assertThat(now).as("nothing is lost by it").isLessThan(100_000 * 5_600L);
    }

    @Test
    void aClientThatWaitsForEachAnswerIsAnsweredAtOnce() {
        run(100_000, 1, 5_500, 2_000, READ);

        assertThat(rests).isLessThan(100_000 / 1_000);
    }

    @Test
    void aClientThatSendsSeldomIsAnsweredAtOnce() {
        run(10_000, 32, 50_000, 2_000, READ);

        assertThat(rests).isZero();
    }

    @Test
    void aServerThatIsSlowerThanItsClientNeverRests() {
        run(100_000, 32, 2_000, 6_000, READ);

        assertThat(rests).isZero();
    }

    @Test
    void requestsWithDataAreNotWaitedFor() {
        run(100_000, 32, 5_500, 2_000, WRITE);

        assertThat(rests).isZero();
    }

    @Test
    void aClientThatChangesItsWaysIsAnsweredAtOnceSoon() {
        run(5_000, 32, 5_500, 2_000, READ);
        assertThat(rests).isPositive();
        rests = 0;
        underWay.clear();

        run(1_000, 1, 5_500, 2_000, READ);

        assertThat(rests).isLessThan(10);
    }

    /// @param depth  how many requests the client keeps under way
    /// @param client what it needs for one, in nanoseconds
    /// @param server what the server needs for one
    /// @param bytes  of each
    private void run(int requests, int depth, long client, long server, int bytes) {
        clientIsBusyUntil = now;
        for (int i = 0; i < depth; i++) {
            send(now, client);
        }
        for (int done = 0; done < requests; ) {
            receives++;
            if (gathering.isRestDue()) {
                rests++;
                now += REST_NANOS;
                gathering.rested(REST_NANOS);
            }
            now = Math.max(now, underWay.element()) + RECEIVE_NANOS;
            int batch = 0;
            while (!underWay.isEmpty() && underWay.element() <= now) {
                underWay.remove();
                batch++;
            }
            for (int i = 0; i < batch; i++) {
                now += server;
                gathering.took(bytes);
            }
            for (int i = 0; i < batch; i++) {
                send(now, client);
            }
            done += batch;
        }
    }

    /// The client has an answer, or may begin, and sends a request when it comes to it.
    private void send(long answered, long client) {
        clientIsBusyUntil = Math.max(clientIsBusyUntil, answered) + client;
        underWay.add(clientIsBusyUntil);
    }
}
