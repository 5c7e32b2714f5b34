package understudy.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;

@Timeout(30)
class MessengerTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");

    private final Agents agents = new Agents();
    private final List<AutoCloseable> open = new ArrayList<>();

    private static final class Ears implements Messenger.Listener {
        final AtomicInteger heard = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final List<String> received = new CopyOnWriteArrayList<>();

        @Override
        public void heard(HostName peer, Life life, Moment at) {
            heard.incrementAndGet();
        }

        @Override
        public void closed(HostName peer) {
            closed.incrementAndGet();
        }

        @Override
        public void received(HostName peer, Life life, byte[] message) {
            received.add(peer + " " + new String(message, StandardCharsets.UTF_8));
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        agents.close();
    }

    @Test
    void bothSidesHearHeartbeatsOnEveryPeerLink() throws IOException {
        Pair pair = pair();
        await().until(() -> pair.ears1.heard.get() > 20 && pair.ears2.heard.get() > 20);
        assertThat(pair.one.heardOn(H2)).hasSize(2);
        assertThat(pair.two.heardOn(H1)).hasSize(2);
    }

    @Test
    void aHeartbeatBringsThePeersOwnClock() throws IOException {
        long began = System.nanoTime();
        Pair pair = pair();
        Life life = pair.link2.config().life();
        await().until(() -> pair.one.clockOf(H2, life) > began);
        long first = pair.one.clockOf(H2, life);
        await().until(() -> pair.one.clockOf(H2, life) > first);
        assertThat(pair.one.clockOf(H2, life)).isLessThan(System.nanoTime());
        assertThat(pair.one.clockOf(H2, new Life(UUID.randomUUID()))).isZero();
    }

    @Test
    void aMessageArrivesOnceAlthoughThereAreTwoConnections() throws IOException {
        Pair pair = pair();
        await().until(() ->
                pair.one.heardOn(H2).size() == 2 && pair.two.heardOn(H1).size() == 2);
        for (int i = 0; i < 100; i++) {
            assertThat(pair.one.send(H2, ("m" + i).getBytes(StandardCharsets.UTF_8)))
                    .isTrue();
        }
        assertThat(pair.two.send(H1, "back".getBytes(StandardCharsets.UTF_8))).isTrue();
        await().until(() -> pair.ears2.received.size() >= 100 && !pair.ears1.received.isEmpty());
        assertThat(pair.ears2.received).hasSize(100).doesNotHaveDuplicates().contains("h1 m0", "h1 m99");
        assertThat(pair.ears1.received).containsExactly("h2 back");
    }

    @Test
    void aLargeMessageDoesNotStopTheHeartbeatsOfOthers() throws IOException {
        Pair pair = pair();
        await().until(() -> pair.one.isConnected(H2));
        byte[] large = new byte[Messenger.MESSAGE_MAX];
        assertThat(pair.one.send(H2, large)).isTrue();
        await().until(() -> pair.ears2.received.size() == 1);
        int before = pair.ears2.heard.get();
        await().until(() -> pair.ears2.heard.get() > before + 5);
    }

    @Test
    void anAgentThatEndsIsReportedClosedOnceAndFoundAgain() throws IOException {
        Pair pair = pair();
        await().until(() -> pair.one.heardOn(H2).size() == 2);
        pair.link2.close();
        await().until(() -> pair.ears1.closed.get() > 0);
        assertThat(pair.one.isConnected(H2)).isFalse();
        assertThat(pair.one.send(H2, new byte[1])).isFalse();
        assertThat(pair.ears1.closed).hasValue(1);
        Link again = agents.add("h2");
        Ears ears = new Ears();
        open.add(new Messenger(again, ears));
        await().atMost(Duration.ofSeconds(10)).until(() -> ears.heard.get() > 5 && pair.one.isConnected(H2));
    }

    @Test
    void aSilentPathIsDroppedAndDialledAnewWithoutBeingCalledClosed() throws IOException {
        Link link1 = agents.add("h1");
        Link link2 = agents.add("h2");
        try (Forwarder path = Forwarder.to(link2.addresses().getFirst())) {
            link1.know(H2, List.of(path.address()));
            Ears ears1 = new Ears();
            Ears ears2 = new Ears();
            open.add(new Messenger(link2, ears2));
            Messenger one = new Messenger(link1, ears1);
            open.add(one);
            one.reach(H2);
            await().until(() -> ears1.heard.get() > 5);
            path.swallow(true);
            await().until(() -> !one.isConnected(H2));
            assertThat(ears1.closed).hasValue(0);
            path.swallow(false);
            int before = ears1.heard.get();
            await().atMost(Duration.ofSeconds(10)).until(() -> ears1.heard.get() > before + 5);
        }
    }

    @Test
    void aFullQueueSaysSo() throws IOException {
        Link link1 = agents.add("h1");
        Link link2 = agents.add("h2");
        link2.serve(Messenger.SERVICE, _ -> Thread.sleep(Duration.ofSeconds(20)));
        Messenger one = new Messenger(link1, new Ears());
        open.add(one);
        one.reach(H2);
        await().until(() -> one.isConnected(H2));
        byte[] message = new byte[Messenger.MESSAGE_MAX];
        int taken = 0;
        while (taken < 64 && one.send(H2, message)) {
            taken++;
        }
        assertThat(taken).isLessThan(64);
    }

    private record Pair(Link link2, Messenger one, Messenger two, Ears ears1, Ears ears2) {}

    private Pair pair() throws IOException {
        Link link1 = agents.add("h1");
        Link link2 = agents.add("h2");
        Ears ears1 = new Ears();
        Ears ears2 = new Ears();
        Messenger one = new Messenger(link1, ears1);
        Messenger two = new Messenger(link2, ears2);
        open.add(one);
        open.add(two);
        one.reach(H2);
        two.reach(H1);
        return new Pair(link2, one, two, ears1, ears2);
    }
}
