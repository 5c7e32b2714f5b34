package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import understudy.model.Problem;

class LabStateTest {
    private final LabState state = LabState.of(new LabPlan(2, 1, NodeProgram.of(List.of("sleep"))))
            .with(new Fault.PowerLoss("h1"))
            .with(new Fault.Silence("h2", "w1"))
            .with(new Fault.AgentDown("w1"))
            .with(new Fault.BadDisk("h2", DiskFault.HANG));

    @Test
    void whatIsWrittenIsReadAgain() {
        LabState more = state.with(new Fault.DeadLink("h1", "h2", 1))
                .with(new Fault.DeadUplink("h1", true))
                .with(new Fault.DeadSwitch());
        assertThat(LabState.parse(LabJson.MAPPER.writeValueAsString(more))).isEqualTo(more);
    }

    @Test
    void everyTruncationIsRefused() {
        String json = LabJson.MAPPER.writeValueAsString(state).strip();
        for (int length = 0; length < json.length(); length++) {
            String cut = json.substring(0, length);
            assertThatThrownBy(() -> LabState.parse(cut))
                    .as("the first %d characters", length)
                    .isInstanceOf(Problem.Refused.class);
        }
    }

    @Test
    void garbageIsRefused() {
        String json = LabJson.MAPPER.writeValueAsString(state);
        for (String garbage : List.of(
                "null",
                "[]",
                "{}",
                "\0\0",
                json.replace("\"hosts\" : 2", "\"hosts\" : 0"),
                json.replace("silence", "sigh"),
                json.replace("\"hang\"", "\"corrupt\""),
                json.replace("\"sleep\"", ""))) {
            assertThatThrownBy(() -> LabState.parse(garbage)).as(garbage).isInstanceOf(Problem.Refused.class);
        }
    }

    @Test
    void aFaultIsThereOnceAndGoesWhenRepaired() {
        LabState twice = state.with(new Fault.PowerLoss("h1"));
        assertThat(twice).isEqualTo(state);
        assertThat(twice.without(new Fault.PowerLoss("h1")).faults())
                .containsExactly(
                        new Fault.Silence("h2", "w1"),
                        new Fault.AgentDown("w1"),
                        new Fault.BadDisk("h2", DiskFault.HANG));
        assertThat(twice.diskFault("h2")).contains(DiskFault.HANG);
        assertThat(twice.diskFault("h1")).isEmpty();
    }
}
