package understudy.lab.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import understudy.model.Problem;

class DemoCommandTest {
    private static Problem refusal(String... words) {
        DemoCommand command = CommandLine.populateCommand(new DemoCommand(), words);
        return catchThrowableOfType(Problem.Refused.class, command::call).problem();
    }

    @Test
    void whatThisVersionDoesNotShowIsRefusedWithTheReasonBeforeAnythingIsMade() {
        Problem uplink = refusal("--fault", "uplink");
        assertThat(uplink.code()).isEqualTo("not-available");
        assertThat(uplink.cause()).isEqualTo("this version does not redirect uplinks");
        assertThat(uplink.correction()).contains("peer-link");
        assertThat(refusal("--level", "component", "--fault", "shutdown-host").code())
                .isEqualTo("not-available");
        assertThat(refusal("--level", "restart", "--fault", "peer-link").code()).isEqualTo("not-available");
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThat(refusal("--how", "hang").code()).isEqualTo("bad-value");
        for (String level : new String[] {"restart", "system"}) {
            assertThat(refusal("--level", level, "--fault", "disk", "--how", "corrupt")
                            .code())
                    .isEqualTo("bad-value");
        }
        assertThat(refusal("--guest", "postgres", "--level", "component").code())
                .isEqualTo("bad-value");
        assertThat(refusal("--times", "0").code()).isEqualTo("bad-value");
        assertThat(refusal("--times", "2", "--level", "restart").code()).isEqualTo("bad-value");
        assertThat(refusal("--seconds", "5").code()).isEqualTo("bad-value");
        assertThatThrownBy(() -> CommandLine.populateCommand(new DemoCommand(), "--fault", "flood"))
                .isInstanceOf(CommandLine.ParameterException.class);
    }
}
