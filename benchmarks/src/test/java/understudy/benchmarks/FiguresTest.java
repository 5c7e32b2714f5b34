package understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class FiguresTest {
    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheMiddleTwo() {
        assertThat(Figures.median(List.of())).isEmpty();
        assertThat(Figures.median(List.of(7.0))).hasValue(7);
        assertThat(Figures.median(List.of(9.0, 1.0, 2.0))).hasValue(2);
        assertThat(Figures.median(List.of(9.0, 1.0, 2.0, 4.0))).hasValue(3);
    }

    @Test
    void aHighPercentileOfFewValuesIsTheLargest() {
        List<Double> twenty =
                IntStream.rangeClosed(1, 20).mapToObj(i -> (double) i).toList();
        assertThat(Figures.percentile(twenty, 99)).hasValue(20);
        assertThat(Figures.percentile(twenty, 95)).hasValue(19);
        assertThat(Figures.percentile(twenty, 1)).hasValue(1);
        assertThat(Figures.percentile(List.of(), 99)).isEmpty();
    }

    @Test
    void whatWasNotMeasuredIsADash() {
        assertThat(Figures.text(OptionalDouble.empty(), 2)).isEqualTo("–");
        assertThat(Figures.text(OptionalDouble.of(1.239), 2)).isEqualTo("1.24");
    }
}
