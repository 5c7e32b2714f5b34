package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.Level;

/// The level of a guest that runs changes, and from then on it has what the new one promises. Neither it nor its
/// client notices the change itself.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LevelChangeTest {

    /// From the first block that [Vm#write] does not touch.
    private static final int FIRST_BLOCK = 2048;

    private static final int BLOCKS = 300;

    @Test
    void aGuestIsRaisedAndLoweredWhileItRunsAndHasWhatEachLevelPromises(Stage stage) {
        try (Vm vm = stage.createWithDisk("changing", 43, Level.COMPONENT, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            String written;
            try (EchoClient client = vm.client()) {
                stage.lab().breakAgent(vm.active(), false);
                vm.write("with the next life of the agent");
                vm.awaitProtected();
                VmStatus raised = change(stage, vm, Level.SYSTEM);
                String active = raised.active().orElseThrow().value();
                written = vm.write("at level system");
                stage.lab().breakHost(active);
                vm.awaitActiveOn(Stage.otherThan(active));
                Vm.awaitEchoes(client, 100);
                assertThat(vm.read()).isEqualTo(written);
                stage.lab().repairHost(active);
                vm.awaitProtected();

                writeBlocks(vm);
                VmStatus lowered = change(stage, vm, Level.COMPONENT);
                assertThat(lowered.active()).contains(new HostName(Stage.otherThan(active)));
                Stage.eventually(
                        "all blocks written",
                        Duration.ofSeconds(60),
                        () -> vm.shell("cat /tmp/blocks").equals("written"));
                Vm.awaitEchoes(client, 100);
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);

            vm.bootElsewhere(boot, written);
            assertThat(wrongBlocks(vm)).isEqualTo("none");
        }
    }

    /// In the background: one block after the other, each of them flushed.
    private static void writeBlocks(Vm vm) {
        vm.shell("""
                echo begun >/tmp/blocks
                { i=0; while [ $i -lt %d ]; do
                    printf '%%-511s\\n' "block $i" | dd of=/dev/vda bs=512 seek=$((%d + i)) count=1 conv=fsync 2>/dev/null
                    i=$((i + 1))
                done; echo written >/tmp/blocks; } >/dev/null 2>&1 </dev/null &""".formatted(BLOCKS, FIRST_BLOCK));
    }

    /// The blanks go first: a shell reads byte by byte, which takes an emulated processor longer than the shell is
    /// waited for.
    private static String wrongBlocks(Vm vm) {
        return vm.shell("""
                i=0
                dd if=/dev/vda bs=512 skip=%d count=%d 2>/dev/null | tr -s ' ' | while read -r word number; do
                    [ "$word $number" = "block $i" ] || echo "$i: $word $number"
                    i=$((i + 1))
                done >/tmp/wrong
                [ -s /tmp/wrong ] && head -n 3 /tmp/wrong || echo none""".formatted(FIRST_BLOCK, BLOCKS));
    }

    private static VmStatus change(Stage stage, Vm vm, Level level) {
        assertThat(stage.api().protect(vm.id(), level).level()).isEqualTo(level);
        return vm.await(
                "to be at level " + level,
                v -> v.level() == level && v.isProtected() && v.checkpoints().isPresent() == (level == Level.SYSTEM));
    }
}
