package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Stopped;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmName;
import understudy.model.VmSpec;
import understudy.protocol.LedgerAnswer.Refused;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.SetRule;

class PlacementRulesTest {
    private static final Replica H1 = LedgerStateTest.replica("h1");
    private static final Replica H2 = LedgerStateTest.replica("h2");
    private static final VmName A = new VmName("dns-1");
    private static final VmName B = new VmName("dns-2");

    private LedgerState state = LedgerState.empty();

    private void vm(VmName name, Placement placement) {
        VmSpec spec = LedgerStateTest.spec(name.value());
        apply(new CreateVm(spec, true, new View(1, new Stopped(), UUID.randomUUID())));
        if (placement instanceof Paired(Replica active, var _)) {
            apply(new LedgerCommand.ChangeView(
                    spec.id(), 1, new View(2, new Placement.Solo(active), UUID.randomUUID())));
            apply(new LedgerCommand.ChangeView(spec.id(), 2, new View(3, placement, UUID.randomUUID())));
        }
    }

    private LedgerAnswer apply(LedgerCommand command) {
        LedgerState.Applied applied = state.apply(command);
        state = applied.state();
        return applied.answer();
    }

    @Test
    void aRuleIsForTwoVmsInWhateverOrder() {
        assertThat(PlacementRule.of(Kind.APART, B, A)).isEqualTo(PlacementRule.of(Kind.APART, A, B));
        assertThatThrownBy(() -> PlacementRule.of(Kind.APART, A, A)).hasMessageContaining("one VM");
    }

    @Test
    void thereIsOneRuleForAnyTwoTheLastOne() {
        PlacementRule apart = PlacementRule.of(Kind.APART, A, B);
        PlacementRule together = PlacementRule.of(Kind.TOGETHER, A, B);
        apply(new SetRule(apart, true));
        apply(new SetRule(together, true));
        assertThat(state.rules()).containsExactly(together);
        apply(new SetRule(apart, false));
        assertThat(state.rules()).isEmpty();
    }

    @Test
    void rulesAreBounded() {
        for (int i = 0; i < LedgerState.RULES_MAX; i++) {
            apply(new SetRule(PlacementRule.of(Kind.APART, A, new VmName("x" + i)), true));
        }
        assertThat(apply(new SetRule(PlacementRule.of(Kind.APART, A, B), true))).isInstanceOf(Refused.class);
        assertThat(state.rules()).hasSize(LedgerState.RULES_MAX);
    }

    @Test
    void whatIsNotAsARuleWantsItIsTold() {
        PlacementRule apart = PlacementRule.of(Kind.APART, A, B);
        PlacementRule together = PlacementRule.of(Kind.TOGETHER, A, B);
        vm(A, new Paired(H1, H2));
        assertThat(PlacementRules.broken(state, apart)).isEmpty();
        vm(B, new Stopped());
        assertThat(PlacementRules.broken(state, apart)).contains("both are on h1");
        assertThat(PlacementRules.broken(state, together)).isEmpty();
        apply(new LedgerCommand.ChangeView(
                state.vm(A).orElseThrow().spec().id(), 3, new View(4, new Placement.Solo(H2), UUID.randomUUID())));
        assertThat(PlacementRules.broken(state, apart)).isEmpty();
        assertThat(PlacementRules.broken(state, together)).contains("dns-1 is on h2, dns-2 on h1");
    }
}
