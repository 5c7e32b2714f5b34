package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ShortSleepTest {

    @Test
    void theKernelAddsNothingOfItsOwn() {
        ShortSleep sleep = new ShortSleep();
        long[] times = new long[1_000];
        for (int i = 0; i < times.length; i++) {
            long began = System.nanoTime();
            sleep.sleep(10_000);
            times[i] = System.nanoTime() - began;
        }
        Arrays.sort(times);

        assertThat(times[times.length / 10])
                .as("a tenth of them, in ns; with the slack that Linux has else it is 60,000 and more")
                .isLessThan(59_000);
    }
}
