package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.protocol.LeaseMachine.Effect;
import understudy.protocol.LeaseMachine.Effect.Extend;
import understudy.protocol.LeaseMachine.Effect.Renew;
import understudy.protocol.LeaseMachine.Input;
import understudy.protocol.LeaseMachine.Input.Answered;
import understudy.protocol.LeaseMachine.Input.LeaseMissed;
import understudy.protocol.LeaseMachine.Input.Tick;

/// Leases of 3 s.
class LeaseMachineTest {
    private static final VmId WEB = new VmId(new UUID(0, 1));
    private static final VmId DB = new VmId(new UUID(0, 2));

    private final LeaseMachine machine = new LeaseMachine(new LeaseTiming(Duration.ofSeconds(3)));
    private LeaseMachine.State state = machine.initial(at(0));

    @Test
    void aLeaseIsAskedForAtOnceAndThenAtEachThirdOfItsLength() {
        assertThat(step(new Tick(at(0)))).containsExactly(new Renew(1));
        assertThat(step(new Tick(at(999)))).isEmpty();
        assertThat(step(new Tick(at(1_000)))).containsExactly(new Renew(2));
        assertThat(step(new Tick(at(5_000)))).containsExactly(new Renew(3));
    }

    @Test
    void aLeaseRunsFromBeforeItWasAskedForHoweverLateTheAnswerIs() {
        step(new Tick(at(0)));
        assertThat(step(new Answered(1, vms(WEB), at(2_900)))).containsExactly(new Extend(WEB, at(3_000)));
        assertThat(state.isLeased(WEB, at(2_999))).isTrue();
        assertThat(state.isLeased(WEB, at(3_000))).isFalse();
        assertThat(state.isLeased(DB, at(2_999))).isFalse();
    }

    @Test
    void whatAnAnswerDoesNotListRunsOutByItself() {
        step(new Tick(at(0)));
        step(new Answered(1, vms(WEB, DB), at(10)));
        step(new Tick(at(1_000)));
        assertThat(step(new Answered(2, vms(DB), at(1_010)))).containsExactly(new Extend(DB, at(4_000)));
        assertThat(state.isLeased(WEB, at(2_999))).isTrue();
        assertThat(state.isLeased(WEB, at(3_000))).isFalse();
    }

    @Test
    void anAnswerThatAnotherOvertookShortensNothing() {
        step(new Tick(at(0)));
        step(new Tick(at(1_000)));
        step(new Answered(2, vms(WEB), at(1_010)));
        assertThat(step(new Answered(1, vms(WEB), at(1_020)))).containsExactly(new Extend(WEB, at(4_000)));
    }

    @Test
    void anAnswerCountsOnceAndOneToAQuestionThatIsTooOldNotAtAll() {
        step(new Tick(at(0)));
        step(new Answered(1, vms(WEB), at(10)));
        assertThat(step(new Answered(1, vms(WEB), at(20)))).isEmpty();
        step(new Tick(at(1_000)));
        step(new Tick(at(4_000)));
        assertThat(step(new Answered(2, vms(WEB), at(4_010)))).isEmpty();
    }

    @Test
    void whoMissesALeaseNeedNotWaitForTheNextTurn() {
        step(new Tick(at(0)));
        assertThat(step(new LeaseMissed(at(50)))).as("just asked").isEmpty();
        assertThat(step(new LeaseMissed(at(150)))).containsExactly(new Renew(2));
        assertThat(step(new LeaseMissed(at(200)))).isEmpty();
    }

    private List<Effect> step(Input input) {
        Step<LeaseMachine.State, Effect> step = machine.step(state, input);
        state = step.state();
        return step.effects();
    }

    private static SortedSet<VmId> vms(VmId... ids) {
        return new TreeSet<>(List.of(ids));
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }
}
