package understudy.lab.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import understudy.model.Level;

/// What became of a guest that was booted on another host, after one fault or several.
///
/// @param records that the guest was told to be durable, from first to last
/// @param leftOut what `all` did not show
record BootVerdict(
        String fault,
        Level level,
        boolean passed,
        long records,
        List<Boot> boots,
        List<LeftOut> leftOut,
        List<Timeline.Entry> timeline)
        implements Outcome {
    /// Ten seconds are promised of hosts of their own; here one machine plays them all, and boots a guest besides.
    static final long KERNEL_MILLIS_MAX = 20_000;

    /// One fault.
    ///
    /// @param host                 that ran the VM when it struck
    /// @param kernelMillis         from the fault until the guest's kernel began on the other host; empty if never
    /// @param told                 records that were durable when it struck
    /// @param trouble              what is wrong with them; empty if all are there
    /// @param protectedAgainMillis from the fault until both hosts had everything again; empty if that did not come
    record Boot(
            DemoFault fault,
            String host,
            Optional<Long> kernelMillis,
            long told,
            String trouble,
            Optional<Long> protectedAgainMillis) {
        /// Whether it was as the level promises.
        @JsonProperty
        boolean passed() {
            return complaint().isEmpty();
        }

        /// Why it was not; empty if it was.
        @JsonProperty
        String complaint() {
            if (kernelMillis.isEmpty()) {
                return "the VM did not start on the other host";
            }
            if (!trouble.isEmpty()) {
                return trouble;
            }
            if (told == 0) {
                return "the guest had written nothing that could have been lost";
            }
            if (kernelMillis.get() > KERNEL_MILLIS_MAX) {
                return "its kernel began after %.1f s only".formatted(kernelMillis.get() / 1e3);
            }
            return protectedAgainMillis.isEmpty() ? "its disk was not mirrored again" : "";
        }
    }

    /// @param wanted how many there should be
    static BootVerdict of(
            DemoFault fault,
            Level level,
            int wanted,
            long records,
            List<Boot> boots,
            List<LeftOut> leftOut,
            List<Timeline.Entry> timeline) {
        return new BootVerdict(
                fault.word(),
                level,
                wanted > 0 && boots.size() == wanted && boots.stream().allMatch(Boot::passed),
                records,
                List.copyOf(boots),
                List.copyOf(leftOut),
                timeline);
    }
}
