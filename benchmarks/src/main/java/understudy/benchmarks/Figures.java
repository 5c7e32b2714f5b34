package understudy.benchmarks;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.OptionalDouble;

/// Small statistics over a few measured values, and how they are written.
public final class Figures {
    private Figures() {}

    /// Of an even number of values, the mean of the middle two. Empty if there are none.
    public static OptionalDouble median(Collection<Double> values) {
        double[] sorted = sorted(values);
        int middle = sorted.length / 2;
        if (sorted.length == 0) {
            return OptionalDouble.empty();
        }
        boolean isOdd = sorted.length % 2 == 1;
        return OptionalDouble.of(isOdd ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
    }

    /// The smallest value that at least `percent` of all do not exceed (nearest rank): with few values, a high
    /// percentile is the largest one.
    ///
    /// @param percent in (0, 100]
    public static OptionalDouble percentile(Collection<Double> values, double percent) {
        double[] sorted = sorted(values);
        if (sorted.length == 0) {
            return OptionalDouble.empty();
        }
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return OptionalDouble.of(sorted[Math.clamp(rank, 1, sorted.length) - 1]);
    }

    private static double[] sorted(Collection<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /// With so many decimals; a dash for what was not measured.
    public static String text(OptionalDouble value, int decimals) {
        return value.isPresent() ? String.format(Locale.ROOT, "%." + decimals + "f", value.getAsDouble()) : "–";
    }
}
