package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmState;
import understudy.api.VmStatus;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostName;
import understudy.model.RestartLimit;
import understudy.model.WatchdogReaction;

/// Guests that fail by themselves, on hosts that are well.
@ExtendWith(OnStage.class)
class GuestFailureTest {
    private static final String PANIC = "echo c >/proc/sysrq-trigger";

    /// Opens the watchdog, which expires 6 s after it was fed the last time, and feeds it every second. It may be asked
    /// twice: a command whose answer was late is repeated.
    private static final String FEED =
            "pidof watchdog || { watchdog -T 6 -t 1 /dev/watchdog && sleep 1 && pidof watchdog; }";

    @Test
    void aGuestThatCrashesIsResetAndItsStandbyFollows(Stage stage) {
        try (Vm vm = stage.create("panics", 23, List.of("h1", "h2"), Care.DEFAULT.with(CrashReaction.RESTART))) {
            String active = vm.awaitProtected().active().orElseThrow().value();
            String boot = vm.bootId();
            List<Long> qemus = vm.qemusOn(active);
            vm.lastCommand(PANIC);
            awaitEvent(stage, vm, "guest-crashed");
            awaitEvent(stage, vm, "guest-reset");
            Stage.eventually(
                    "another boot of the guest",
                    Duration.ofSeconds(40),
                    () -> !vm.bootId().equals(boot));
            assertThat(vm.awaitVerified().active()).contains(new HostName(active));
            assertThat(vm.qemusOn(active)).as("a reset, and no new QEMU").isEqualTo(qemus);
        }
    }

    @Test
    void aGuestThatCrashesStaysDownWhereThatIsAskedAndTheStateSaysWhy(Stage stage) {
        try (Vm vm = stage.create("halts", 24, List.of("h1", "h2"), Care.DEFAULT.with(CrashReaction.STOP))) {
            vm.awaitProtected();
            assertThat(vm.shell("echo up")).isEqualTo("up");
            vm.lastCommand(PANIC);
            VmStatus failed = vm.await(
                    "to be failed",
                    v -> v.state() == VmState.FAILED && v.active().isEmpty());
            assertThat(failed.reason()).startsWith("its guest crashed");
            assertThat(failed.wanted()).isFalse();
            Stage.eventually(
                    "the end of both QEMUs",
                    Vm.PATIENCE,
                    () -> vm.qemusOn("h1").isEmpty() && vm.qemusOn("h2").isEmpty());
            Stage.during(Duration.ofSeconds(3), () -> {
                assertThat(vm.qemusOn("h1")).isEmpty();
                assertThat(vm.qemusOn("h2")).isEmpty();
            });
            stage.api().start(vm.id());
            vm.await("to run again", v -> v.state() == VmState.RUNNING);
            assertThat(vm.shell("echo up")).isEqualTo("up");
        }
    }

    @Test
    void aGuestThatDoesNotFeedItsWatchdogIsReset(Stage stage) {
        try (Vm vm = stage.createWatched("hangs", 25, List.of("h1", "h2"), Care.DEFAULT.with(WatchdogReaction.RESET))) {
            vm.awaitProtected();
            String boot = vm.bootId();
            assertThat(vm.shell(FEED)).matches("[0-9]+");
            Stage.during(
                    Duration.ofSeconds(15),
                    () -> assertThat(count(stage, vm, "watchdog-expired"))
                            .as("expired although it is fed")
                            .isZero());
            assertThat(vm.bootId()).isEqualTo(boot);
            vm.shell("killall -9 watchdog");
            awaitEvent(stage, vm, "watchdog-expired");
            Stage.eventually(
                    "another boot of the guest",
                    Duration.ofSeconds(40),
                    () -> !vm.bootId().equals(boot));
            vm.awaitVerified();
        }
    }

    @Test
    void aGuestWhoseQemuKeepsDyingIsLeftAloneBeyondItsLimit(Stage stage) {
        Care care = Care.DEFAULT.with(new RestartLimit(2, Duration.ofMinutes(10)));
        try (Vm vm = stage.create("dies", 26, List.of("h1"), care)) {
            // A QEMU that is killed while it starts is no guest that died.
            for (int death = 1; death <= 3; death++) {
                awaitRuns(stage, vm, death);
                stage.node("h1").kill(vm.qemusOn("h1").getFirst());
            }
            VmStatus failed = vm.await(
                    "to be failed",
                    v -> v.state() == VmState.FAILED && v.active().isEmpty());
            assertThat(failed.reason()).startsWith("its guest died 3 times within 10 min");
            awaitEvent(stage, vm, "given-up");
            stage.api().start(vm.id());
            vm.await("to run again", v -> v.state() == VmState.RUNNING);
        }
    }

    private static void awaitRuns(Stage stage, Vm vm, int times) {
        Stage.eventually("run " + times, Duration.ofSeconds(60), () -> count(stage, vm, "running") >= times);
    }

    private static long count(Stage stage, Vm vm, String kind) {
        return stage.eventsOf(vm).stream()
                .filter(event -> event.kind().equals(kind))
                .count();
    }

    private static void awaitEvent(Stage stage, Vm vm, String kind) {
        Stage.eventually("event " + kind, Duration.ofSeconds(30), () -> count(stage, vm, kind) > 0);
    }
}
