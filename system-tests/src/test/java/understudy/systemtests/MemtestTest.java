package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmRequest;
import understudy.lab.GuestBuild;
import understudy.lab.Installation;
import understudy.lab.Progress;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Policy;

/// Memtest86+, a guest that owns all of its memory, writes all of it, reads it back, and never heard of Understudy:
/// one host after the other loses its power under it, and it goes on where it was and finds no error.
@ExtendWith(OnStage.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class MemtestTest {
    /// The last one of its tests waits for minutes, to see bits fade, and writes nothing meanwhile.
    private static final int LAST_THAT_WRITES = 9;

    private static final int FAR_ENOUGH = 3;

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern TEST = Pattern.compile("#(\\d+) +\\[");
    private static final Pattern ERRORS = Pattern.compile("Errors: (\\d+)");

    @Test
    void itGoesOnWhereItWasAndFindsNoError(Stage stage) {
        Vm vm = create(stage);
        vm.awaitProtected();
        for (String lost : List.of("h1", "h2")) {
            String next = Stage.otherThan(lost);
            int before = awaitTest(stage, lost, FAR_ENOUGH);
            stage.lab().breakHost(lost);
            vm.awaitActiveOn(next);
            int _ = awaitTest(stage, next, Math.min(before + 1, LAST_THAT_WRITES));
            // A serial port is not behind the gate: it may have told of a test that the standby had not come to.
            assertThat(tests(told(stage, next)).findFirst().orElseThrow())
                    .as("where it went on; one that begins anew begins with test #0")
                    .isGreaterThanOrEqualTo(before - 1);
            stage.lab().repairHost(lost);
            vm.awaitVerified();
        }
        vm.close();
    }

    private static Vm create(Stage stage) {
        GuestBuild build = new GuestBuild(Installation.cacheFolder(), new Progress(System.out));
        Vm vm = new Vm(stage, "memtest", "");
        stage.api()
                .create(new VmRequest(
                        vm.id(),
                        Level.SYSTEM,
                        Policy.BALANCED,
                        Stage.GUEST_MEMORY,
                        1,
                        List.of(),
                        List.of(),
                        Optional.of(stage.api().upload(build.memtest(), _ -> {})),
                        Optional.empty(),
                        "console=ttyS0,115200",
                        List.of(new HostName("h1"), new HostName("h2")),
                        false,
                        Optional.empty(),
                        Optional.empty()));
        return vm;
    }

    /// Until it tells, where it runs, of the test with this number or a later one, and of its errors, which are none.
    ///
    /// @return the last one of which it told
    private static int awaitTest(Stage stage, String host, int number) {
        Stage.eventually(
                "memtest86+ to come to test #%d on %s".formatted(number, host),
                PATIENCE,
                () -> last(stage, host).filter(at -> at >= number).isPresent()
                        && ERRORS.matcher(told(stage, host)).find());
        assertThat(ERRORS.matcher(told(stage, host)).results().map(found -> found.group(1)))
                .as("its errors")
                .containsOnly("0");
        return last(stage, host).orElseThrow();
    }

    private static Optional<Integer> last(Stage stage, String host) {
        return tests(told(stage, host)).reduce((_, later) -> later);
    }

    private static Stream<Integer> tests(String told) {
        return TEST.matcher(told).results().map(found -> Integer.valueOf(found.group(1)));
    }

    /// What it wrote to its serial port on a host.
    private static String told(Stage stage, String host) {
        return stage.node(host)
                .run("find /run/understudy/vm -name serial.log -exec cat {} + 2>/dev/null | tr -d '\\033'");
    }
}
