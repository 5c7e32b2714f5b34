package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A client and a server, each on a processor of its own, in virtual time.
class GatheringTest {
    private static final int READ = Request.HEADER_BYTES;
    private static final int WRITE = Request.HEADER_BYTES + 4096;
    private static final long REST_NANOS = 15_000;
    private static final long RECEIVE_NANOS = 2_000;

    private long now;
    private final Gathering gathering = new Gathering(() -> now);
    private boolean mayRest = true;
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

    @ParameterizedTest
    @CsvSource({
        "1, 2000", "1, 5500", "1, 8000", "1, 12000", "1, 18000",
        "2, 2000", "2, 5500", "2, 8000", "2, 12000", "2, 18000",
        "3, 2000", "3, 5500", "3, 8000", "3, 12000", "3, 18000",
        "4, 2000", "4, 5500", "4, 8000", "4, 12000", "4, 18000",
        "6, 5500", "8, 5500", "12, 5500", "32, 5500", "32, 12000"
    })
    void whatTheClientIsLikeItLosesNextToNothing(int depth, long client) {
        run(200_000, depth, client, 2_000, READ);
        long with = now;
        restart();
        mayRest = false;
        run(200_000, depth, client, 2_000, READ);
        long without = now - with;

        assertThat((double) with / without).isLessThan(1.065);
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
        restart();

        run(1_000, 1, 5_500, 2_000, READ);

        assertThat(rests).isLessThan(10);
    }

    /// The client is done, and comes back.
    private void restart() {
        underWay.clear();
        receives = 0;
        rests = 0;
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
            if (mayRest && gathering.isRestDue()) {
                rests++;
                now += REST_NANOS;
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
