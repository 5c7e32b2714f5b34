package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.lab.DiskFault;
import understudy.lab.DiskRepair;
import understudy.model.Level;

/// The disk of a guest's host is dead, so the other host's is all there is, and that host loses its power: what the
/// guest was told is written may be gone.
@ExtendWith(OnStage.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DiskThatWentBackTest {

    @Test
    void theGuestStartsAnewWithAllThatItHadFlushed(Stage stage) {
        try (Vm vm = stage.createWithDisk("bereft", 44, Level.COMPONENT, List.of("h1", "h2"))) {
            String host = vm.active();
            String other = Stage.otherThan(host);
            String boot = vm.bootId();
            stage.lab().breakDisk(host, DiskFault.ERROR);
            try {
                vm.await("not to be protected", it -> !it.isProtected());
                String written = vm.write("with one disk left");
                assertThat(vm.bootId()).isEqualTo(boot);
                stage.lab().breakHost(other);
                stage.lab().repairHost(other);
                Stage.eventually(
                        "the guest starts anew",
                        Vm.PATIENCE,
                        () -> !vm.bootId().equals(boot) && vm.active().equals(host));
                assertThat(vm.read()).isEqualTo(written);
            } finally {
                stage.lab().repairDisk(host, DiskRepair.BACK);
            }
            vm.awaitProtected();
        }
    }
}
