package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ShortSleepTest {

    @Test
    void aSleepTellsHowLongItWasAndTheKernelAddsNothingOfItsOwn() {
        ShortSleep sleep = new ShortSleep();

        long least = LongStream.generate(() -> sleep.sleep(10_000))
                .limit(1_000)
                .min()
                .orElseThrow();

        assertThat(least).as("in ns; Linux alone would make it 60,000").isBetween(10_000L, 59_000L);
    }
}
