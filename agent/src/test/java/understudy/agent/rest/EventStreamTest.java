package understudy.agent.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import understudy.api.Event;
import understudy.api.Event.Severity;

class EventStreamTest {
    private final MemoryCluster cluster = new MemoryCluster();
    private final EventStream stream = new EventStream();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /// The daemon is never held up: the stream ends instead, and the follower gets what it missed when it comes
    /// back.
    @Test
    void aFollowerThatIsTooSlowIsSentAwayAndMissesNothing() throws IOException {
        cluster.happen("tick", Severity.INFO, "kept");
        for (int i = 0; i < 5000; i++) {
            cluster.happen("tick", Severity.INFO, "new");
        }
        cluster.events(1, 5000).forEach(stream);
        stream.send(cluster, OptionalLong.empty(), out);
        assertThat(sequences()).isEmpty();
        EventStream again = new EventStream();
        again.close();
        again.send(cluster, OptionalLong.of(4999), out);
        assertThat(sequences()).containsExactly("id: 5000", "id: 5001");
    }

    @Test
    void anEventThatIsKeptAndNewIsSentOnce() throws IOException {
        cluster.happen("tick", Severity.INFO, "one");
        cluster.happen("tick", Severity.INFO, "two");
        List<Event> both = cluster.events(0, 10);
        both.forEach(stream);
        Thread follower = Thread.startVirtualThread(() -> send(OptionalLong.of(0)));
        await().until(() -> sequences().size() == 2);
        cluster.happen("tick", Severity.INFO, "three");
        cluster.events(2, 1).forEach(stream);
        await().until(() -> sequences().size() == 3);
        stream.close();
        join(follower);
        assertThat(sequences()).containsExactly("id: 1", "id: 2", "id: 3");
    }

    private void send(OptionalLong after) {
        try {
            stream.send(cluster, after, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> sequences() {
        return out.toString(UTF_8)
                .lines()
                .filter(line -> line.startsWith("id:"))
                .toList();
    }
}
