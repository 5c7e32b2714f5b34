package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;

class HearsayTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final HostName W1 = new HostName("w1");
    private static final Life LIFE = new Life(UUID.randomUUID());
    private static final Duration LOSE_AFTER = Duration.ofMillis(200);

    private final List<String> told = new ArrayList<>();
    private final Peers ofWitness = new Peers(LOSE_AFTER, new Told());
    private final Peers ofStandby = new Peers(LOSE_AFTER, new Told());
    private final Hearsay witness = new Hearsay(W1, ofWitness);
    private final Hearsay standby = new Hearsay(H2, ofStandby);

    private final class Told implements Peers.Listener {
        @Override
        public void heard(HostName peer, Life life, Moment at) {}

        @Override
        public void doubted(HostName peer) {}

        @Override
        public void lost(HostName peer, Moment at, boolean closed) {}

        @Override
        public void heardElsewhere(HostName peer, Moment at) {
            told.add(peer + " at " + at.nanos() / 1_000_000);
        }
    }

    private static Moment at(long millis) {
        return new Moment(millis * 1_000_000);
    }

    /// The clocks of two hosts have nothing to do with each other.
    @Test
    void aWordIsToldByTheClockOfWhoeverHearsIt() {
        ofWitness.heard(H1, LIFE, at(70_000));
        ofStandby.heard(H1, LIFE, at(1_000));
        ofStandby.tick(at(1_200));
        standby.told(witness.word(at(70_030)), at(1_250));
        assertThat(told).containsExactly("h1 at 1220");
    }

    @Test
    void whoIsLostHereIsNotSpokenOf() {
        ofWitness.heard(H1, LIFE, at(0));
        ofWitness.heard(H2, LIFE, at(190));
        ofWitness.tick(at(200));
        assertThat(witness.word(at(200)).millis()).containsOnly(Map.entry(H2, 10L));
    }

    @Test
    void whatCannotBeIsNotTaken() {
        ofStandby.heard(H1, LIFE, at(1_000));
        ofStandby.tick(at(1_200));
        standby.told(new AgentMessage.Hears(Map.of(H1, -5L)), at(1_250));
        standby.told(new AgentMessage.Hears(Map.of(H1, Long.MAX_VALUE)), at(1_250));
        standby.told(new AgentMessage.Hears(Map.of(H2, 1L, new HostName("h9"), 1L)), at(1_250));
        assertThat(told).isEmpty();
    }

    @Test
    void ofManyWordsFewArePassedOn() {
        ofStandby.heard(H1, LIFE, at(1_000));
        ofStandby.tick(at(1_200));
        for (long now = 1_200; now < 1_300; now++) {
            standby.told(new AgentMessage.Hears(Map.of(H1, 0L)), at(now));
        }
        assertThat(told).containsExactly("h1 at 1200", "h1 at 1225", "h1 at 1250", "h1 at 1275");
    }
}
