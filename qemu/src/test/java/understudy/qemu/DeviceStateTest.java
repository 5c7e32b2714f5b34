package understudy.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DeviceStateTest {
    @Test
    void theSectionsOfARecordedStateAreFound() throws MigrationStreamException {
        List<DeviceState.Section> sections = DeviceState.of(Recording.DEVICES).sections();
        assertThat(sections)
                .extracting(DeviceState.Section::name)
                .contains("timer", "cpu", "ioapic", "0000:00:01.0/virtio-net", "globalstate");
        assertThat(sections.stream().mapToInt(DeviceState.Section::length).sum())
                .isEqualTo(Recording.DEVICES.length - 9);
    }

    @Test
    void everyTruncatedStateIsRefused() {
        for (int length = 0; length < Recording.DEVICES.length; length++) {
            byte[] prefix = Arrays.copyOf(Recording.DEVICES, length);
            assertThatThrownBy(() -> DeviceState.of(prefix).sections())
                    .as("first %d bytes", length)
                    .isInstanceOf(MigrationStreamException.class);
        }
    }

    @Test
    void aMutatedStateIsReadOrRefusedAndNothingElse() {
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] state = Recording.DEVICES.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                state[random.nextInt(state.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(DeviceState.of(state).sections()).isNotEmpty();
            } catch (MigrationStreamException e) {
                assertThat(e.offset()).as("seed %d", seed).isLessThanOrEqualTo(state.length);
            }
        }
    }
}
