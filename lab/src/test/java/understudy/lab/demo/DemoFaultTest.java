package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import understudy.model.Level;

class DemoFaultTest {
    @Test
    void whatALevelShowsAndWhatItLeavesOutIsAllThatThereIs() {
        for (Level level : Level.values()) {
            List<DemoFault> leftOut =
                    LeftOut.at(level).stream().map(LeftOut::fault).toList();
            assertThat(DemoFault.each())
                    .allSatisfy(fault -> assertThat(fault.isShownAt(level)).isNotEqualTo(leftOut.contains(fault)));
            assertThat(LeftOut.at(level))
                    .allSatisfy(one -> assertThat(one.why()).isNotBlank());
        }
    }

    @Test
    void levelSystemShowsAllButUplinks() {
        assertThat(LeftOut.at(Level.SYSTEM).stream().map(LeftOut::fault)).containsExactly(DemoFault.UPLINK);
    }

    @Test
    void atLevelSystemNothingButTheLossOfHostOrAgentMovesTheGuest() {
        assertThat(DemoFault.each().stream()
                        .filter(fault -> fault.promiseAt(Level.SYSTEM) instanceof DemoFault.Promise.GoesOn))
                .containsExactly(
                        DemoFault.HOST,
                        DemoFault.SHUTDOWN_HOST,
                        DemoFault.AGENT,
                        DemoFault.PAUSE_AGENT,
                        DemoFault.SITE);
        assertThat(DemoFault.DISK.promiseAt(Level.SYSTEM)).isInstanceOf(DemoFault.Promise.NothingHappens.class);
        assertThat(DemoFault.PEER.promiseAt(Level.SYSTEM)).isInstanceOf(DemoFault.Promise.NothingHappens.class);
    }

    /// Below level `system` frames leave at once, so who stands still has lost its guest when its lease is over.
    @Test
    void anAgentThatStandsStillLosesItsGuestAtEachLevel() {
        assertThat(DemoFault.PAUSE_AGENT.promiseAt(Level.COMPONENT))
                .isInstanceOf(DemoFault.Promise.BootsElsewhere.class);
        assertThat(DemoFault.PAUSE_AGENT.promiseAt(Level.RESTART)).isInstanceOf(DemoFault.Promise.BootsElsewhere.class);
        assertThat(DemoFault.SHUTDOWN_HOST.isShownAt(Level.RESTART)).isFalse();
    }

    @Test
    void namesAreAsPeopleTypeThem() {
        assertThat(DemoFault.PEER_LINK.word()).isEqualTo("peer-link");
        assertThat(DemoFault.SHUTDOWN_HOST.word()).isEqualTo("shutdown-host");
        assertThat(DemoFault.PAUSE_AGENT.word()).isEqualTo("pause-agent");
        assertThat(new DemoFault.Word().convert("peer-link")).isEqualTo(DemoFault.PEER_LINK);
    }
}
