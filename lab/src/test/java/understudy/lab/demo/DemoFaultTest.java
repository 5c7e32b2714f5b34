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
    void levelSystemShowsAllButDisksAndUplinks() {
        assertThat(LeftOut.at(Level.SYSTEM).stream().map(LeftOut::fault))
                .containsExactly(DemoFault.DISK, DemoFault.UPLINK);
    }

    @Test
    void namesAreAsPeopleTypeThem() {
        assertThat(DemoFault.PEER_LINK.word()).isEqualTo("peer-link");
        assertThat(new DemoFault.Word().convert("peer-link")).isEqualTo(DemoFault.PEER_LINK);
    }
}
