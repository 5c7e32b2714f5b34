package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import understudy.model.Placement;
import understudy.model.VolumeView;
import understudy.protocol.ViewEffect.Propose;

/// What tests say of a proposal.
final class Proposed {

    private Proposed() {}

    /// The last effect proposes this view.
    static void assertProposed(long number, Placement placement, List<VolumeView> volumes, List<ViewEffect> effects) {
        assertThat(effects).last().isInstanceOfSatisfying(Propose.class, propose -> {
            assertThat(propose.view().number()).isEqualTo(number);
            assertThat(propose.view().placement()).isEqualTo(placement);
            assertThat(propose.view().volumes()).isEqualTo(volumes);
        });
    }
}
