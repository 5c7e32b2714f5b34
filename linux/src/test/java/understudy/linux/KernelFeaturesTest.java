package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.model.Problem;

class KernelFeaturesTest {
    @Test
    void thisMachineHasThemAll() {
        assertThat(KernelFeatures.check())
                .hasSize(5)
                .allSatisfy(finding -> assertThat(finding.problem()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.7.0", "6.12.48+deb13-cloud-amd64", "7.0-rc1", "10.1"})
    void aNewKernelWillDo(String version) {
        assertThat(KernelFeatures.kernel(version)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.6.99", "5.15.0", "", "six.seven"})
    void anOldKernelIsRefusedWithWhatToDo(String version) {
        assertToldWhatToDo(KernelFeatures.kernel(version));
    }

    @Test
    void otherGapsAreToldWithWhatToDo() {
        assertToldWhatToDo(KernelFeatures.root(1000));
        assertToldWhatToDo(KernelFeatures.architecture("riscv64"));
        assertToldWhatToDo(KernelFeatures.tun(Path.of("/dev/net/no-such")));
    }

    private static void assertToldWhatToDo(Optional<Problem> problem) {
        assertThat(problem).hasValueSatisfying(found -> {
            assertThat(found.message()).isNotBlank();
            assertThat(found.correction()).isNotBlank();
        });
    }
}
