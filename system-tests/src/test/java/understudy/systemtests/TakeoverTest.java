package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import understudy.api.VmStatus;
import understudy.model.HostName;
import understudy.model.Level;

/// The loss of a host below level `system`: the guest is booted on the other one, from its mirrored disk.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TakeoverTest {
    private static final Duration A_WHILE = Duration.ofSeconds(3);

    /// The promise is 10 s; a machine that builds and tests at the same time is slower.
    private static final Duration KERNEL_STARTS = Duration.ofSeconds(Integer.getInteger("understudy.takeover.max", 15));

    @ParameterizedTest(name = "level {0}")
    @EnumSource(names = {"RESTART", "COMPONENT"})
    void aVmIsBootedOnTheOtherHostWithAllThatWasSynced(Level level, Stage stage) {
        try (Vm vm = create(stage, level)) {
            String first = vm.active();
            String second = Stage.otherThan(first);
            assertThat(vm.status().standby()).contains(new HostName(second));
            String written = vm.write("before");

            long lost = System.nanoTime();
            stage.lab().breakHost(first);
            VmStatus taken = vm.awaitActiveOn(second);
            assertThat(taken.isProtected()).isFalse();
            double uptime = Double.parseDouble(vm.shell("cut -d' ' -f1 /proc/uptime"));
            long kernel = System.nanoTime() - lost - (long) (uptime * 1e9);
            System.out.printf(
                    "level %s: the guest's kernel started %d ms after the power loss%n", level, kernel / 1_000_000);
            assertThat(Duration.ofNanos(kernel)).isLessThan(KERNEL_STARTS);
            assertThat(vm.read()).isEqualTo(written);

            String more = vm.write("after");
            stage.lab().repairHost(first);
            VmStatus again = vm.awaitProtected();
            assertThat(again.active()).contains(new HostName(second));
            assertThat(again.standby()).contains(new HostName(first));
            assertThat(vm.read()).isEqualTo(more);
        }
    }

    @Test
    void anAgentThatComesBackWithinItsGraceKeepsItsGuest(Stage stage) {
        try (Vm vm = create(stage, Level.COMPONENT)) {
            String active = vm.active();
            String boot = vm.bootId();
            List<Long> qemus = vm.qemusOn(active);
            stage.lab().breakAgent(active, false);
            vm.write("with the next life of the agent");
            assertThat(vm.awaitProtected().active()).contains(new HostName(active));
            assertThat(vm.bootId()).isEqualTo(boot);
            assertThat(vm.qemusOn(active)).isEqualTo(qemus);
        }
    }

    @Test
    void aHostThatIsCutFromBothOthersIsSilentBeforeTheOtherOneStartsTheGuest(Stage stage) {
        try (Vm vm = create(stage, Level.COMPONENT);
                LanWatch lan = vm.watch()) {
            String cut = vm.active();
            String other = Stage.otherThan(cut);
            String written = vm.write("before");
            // In this order, or the active may go on by what the witness says before the second.
            stage.lab().breakLink(cut, "w1");
            stage.lab().breakLink(cut, other);
            Stage.eventually("frames from " + other, Duration.ofSeconds(60), () -> lan.framesFrom(other) > 0);
            long before = lan.framesFrom(cut);
            assertThat(vm.read()).isEqualTo(written);
            Stage.during(
                    A_WHILE,
                    () -> assertThat(lan.framesFrom(cut))
                            .as("frames of the deposed guest")
                            .isEqualTo(before));
            repair(stage, cut, other);
            repair(stage, cut, "w1");
            // Who was cut off may answer for a moment with what it knew.
            vm.awaitActiveOn(other);
            VmStatus again = vm.awaitProtected();
            assertThat(again.active()).contains(new HostName(other));
            assertThat(lan.framesFrom(cut)).isEqualTo(before);
        }
    }

    /// While its successor waits for the lease to run out, both disks are in sync again: so the guest needs a lease
    /// from QEMU's first look at its disk.
    @Test
    void aGuestIsBootedThoughTheFormerActiveIsBackMeanwhile(Stage stage) {
        try (Vm vm = create(stage, Level.COMPONENT)) {
            String hung = vm.active();
            String other = Stage.otherThan(hung);
            String written = vm.write("before");
            stage.lab().pauseAgent(hung);
            try {
                vm.await(
                        stage.api(other),
                        "to be given to " + other,
                        v -> v.active().equals(Optional.of(new HostName(other))));
            } finally {
                stage.lab().resumeAgent(hung);
            }
            assertThat(vm.awaitProtected().active()).contains(new HostName(other));
            assertThat(vm.read()).isEqualTo(written);
        }
    }

    // ---- the words of this test ----

    private static void repair(Stage stage, String one, String other) {
        stage.lab().repairLink(one, other);
        stage.lab().repairLink(other, one);
    }

    private static Vm create(Stage stage, Level level) {
        stage.vm();
        return stage.createWithDisk("boots-" + level, 40, level, List.of("h1", "h2"));
    }
}
