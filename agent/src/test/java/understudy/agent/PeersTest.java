package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.api.HostState;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;

class PeersTest {
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");
    private static final Life LIFE = new Life(new UUID(1, 1));
    private static final Life LATER = new Life(new UUID(2, 2));

    private final Telling told = new Telling();
    private final Peers peers = new Peers(Duration.ofMillis(200), told);

    private static final class Telling implements Peers.Listener {
        final List<String> lines = new ArrayList<>();

        @Override
        public void heard(HostName peer, Life life, Moment at) {
            lines.add("%s heard as %s at %d".formatted(peer, life.equals(LIFE) ? "1" : "2", millis(at)));
        }

        @Override
        public void doubted(HostName peer) {
            lines.add(peer + " doubted");
        }

        @Override
        public void lost(HostName peer, Moment at, boolean closed) {
            lines.add("%s lost at %d%s".formatted(peer, millis(at), closed ? ", closed" : ""));
        }

        @Override
        public void heardElsewhere(HostName peer, Moment at) {
            lines.add("%s heard elsewhere at %d".formatted(peer, millis(at)));
        }

        List<String> take() {
            List<String> taken = List.copyOf(lines);
            lines.clear();
            return taken;
        }
    }

    private static long millis(Moment at) {
        return at.nanos() / 1_000_000;
    }

    private static Moment at(long millis) {
        return new Moment(millis * 1_000_000);
    }

    @Test
    void aStrangerIsLostAndNobodyIsTold() {
        assertThat(peers.state(H2)).isEqualTo(HostState.LOST);
        peers.closed(H2, at(0));
        peers.tick(at(1000));
        assertThat(told.take()).isEmpty();
    }

    @Test
    void aPeerIsHeardDoubtedLostAndHeardAgain() {
        peers.heard(H2, LIFE, at(0));
        assertThat(peers.state(H2)).isEqualTo(HostState.UP);
        peers.heard(H2, LIFE, at(50));
        peers.tick(at(149));
        assertThat(told.take()).containsExactly("h2 heard as 1 at 0");
        peers.tick(at(150));
        assertThat(peers.state(H2)).isEqualTo(HostState.DOUBTED);
        peers.tick(at(249));
        assertThat(told.take()).containsExactly("h2 doubted");
        peers.tick(at(250));
        peers.tick(at(300));
        assertThat(told.take()).containsExactly("h2 lost at 250");
        assertThat(peers.state(H2)).isEqualTo(HostState.LOST);
        peers.heard(H2, LIFE, at(400));
        assertThat(told.take()).containsExactly("h2 heard as 1 at 400");
        assertThat(peers.state(H2)).isEqualTo(HostState.UP);
    }

    @Test
    void peersAreWatchedEachForItself() {
        peers.heard(H2, LIFE, at(0));
        peers.heard(W1, LIFE, at(180));
        peers.tick(at(200));
        assertThat(told.take())
                .containsExactly("h2 heard as 1 at 0", "w1 heard as 1 at 180", "h2 doubted", "h2 lost at 200");
        assertThat(peers.state(W1)).isEqualTo(HostState.UP);
    }

    @Test
    void aClosedConnectionRaisesDoubtAndNoLoss() {
        peers.heard(H2, LIFE, at(0));
        peers.closed(H2, at(10));
        peers.closed(H2, at(11));
        peers.tick(at(199));
        assertThat(told.take()).containsExactly("h2 heard as 1 at 0", "h2 doubted");
        peers.tick(at(200));
        assertThat(told.take()).containsExactly("h2 lost at 200, closed");
    }

    @Test
    void aNewLifeIsToldAtOnceEvenWhereTheOldOneWasNotLost() {
        peers.heard(H2, LIFE, at(0));
        peers.heard(H2, LATER, at(10));
        assertThat(told.take()).containsExactly("h2 heard as 1 at 0", "h2 heard as 2 at 10");
        peers.tick(at(209));
        assertThat(told.take()).containsExactly("h2 doubted");
        peers.tick(at(210));
        peers.heard(H2, LIFE, at(220));
        assertThat(told.take()).containsExactly("h2 lost at 210", "h2 heard as 1 at 220");
    }

    @Test
    void whatOthersSayIsToldOfAPeerThatIsLost() {
        peers.heardElsewhere(H2, at(5));
        peers.heard(H2, LIFE, at(0));
        peers.heardElsewhere(H2, at(90));
        peers.tick(at(100));
        assertThat(told.take()).containsExactly("h2 heard as 1 at 0", "h2 doubted");
        assertThat(peers.heard()).containsOnly(Map.entry(H2, at(0)));
        peers.tick(at(200));
        peers.heardElsewhere(H2, at(80));
        peers.heardElsewhere(H2, at(190));
        assertThat(told.take())
                .containsExactly("h2 lost at 200", "h2 heard elsewhere at 90", "h2 heard elsewhere at 190");
        assertThat(peers.heard()).isEmpty();
        Telling late = new Telling();
        peers.repeat(H2, late);
        assertThat(late.take()).containsExactly("h2 heard as 1 at 0", "h2 lost at 0", "h2 heard elsewhere at 190");
    }

    @Test
    void howThingsStandCanBeRepeated() {
        Telling late = new Telling();
        peers.repeat(H2, late);
        assertThat(late.take()).isEmpty();
        peers.heard(H2, LIFE, at(0));
        peers.heard(H2, LIFE, at(30));
        peers.repeat(H2, late);
        assertThat(late.take()).containsExactly("h2 heard as 1 at 30");
        peers.tick(at(300));
        peers.repeat(H2, late);
        assertThat(late.take()).containsExactly("h2 heard as 1 at 30", "h2 lost at 30");
        assertThat(told.take()).containsExactly("h2 heard as 1 at 0", "h2 doubted", "h2 lost at 300");
    }
}
