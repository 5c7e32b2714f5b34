package understudy.lab.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import understudy.lab.probe.DiskChurn;
import understudy.lab.probe.EchoClient;

/// What the client of a demonstration saw, of one fault or of several.
///
/// @param connections        TCP connections that the client needed
/// @param takeoverMillis     from a fault to the guest's going on elsewhere, if it did; the longest
/// @param silentMillis       the guest's longest silence, by UDP
/// @param protectedAgainMillis from a fault to full protection; the longest
/// @param diskRequests       that the guest had answered by its disk
/// @param diskTrouble        what it saw of it that was wrong, or an error; empty if nothing
/// @param acts               the faults, in order
/// @param leftOut            what `all` did not show
record Verdict(
        String fault,
        boolean passed,
        long sent,
        long answered,
        long lost,
        long wrong,
        int connections,
        double longestWaitMillis,
        double roundTripP50Millis,
        Optional<Long> takeoverMillis,
        double silentMillis,
        Optional<Long> protectedAgainMillis,
        String failure,
        long diskRequests,
        String diskTrouble,
        List<Act> acts,
        List<LeftOut> leftOut,
        List<Timeline.Entry> timeline)
        implements Outcome {

    /// One fault.
    ///
    /// @param host               that ran the VM when it struck
    /// @param isMoved            whether the VM was on another host in the end
    /// @param answered           echoes while it lasted
    /// @param isConnected        whether the client's connection outlived it
    record Act(
            DemoFault fault,
            String host,
            boolean mayMove,
            boolean isMoved,
            long answered,
            boolean isConnected,
            double longestWaitMillis,
            double silentMillis,
            Optional<Long> takeoverMillis,
            Optional<Long> protectedAgainMillis) {
        /// Whether it was as the level promises.
        @JsonProperty
        boolean passed() {
            return isConnected && answered > 0 && protectedAgainMillis.isPresent() && (mayMove || !isMoved);
        }

        /// Why it was not; empty if it was.
        @JsonProperty
        String complaint() {
            if (!isConnected) {
                return "the client's connection broke";
            }
            if (answered == 0) {
                return "the client got no answer any more";
            }
            if (protectedAgainMillis.isEmpty()) {
                return "the VM was not protected again";
            }
            return passed() ? "" : "the VM was moved, and should have stayed";
        }
    }

    /// @param wanted how many acts there should be
    static Verdict of(
            DemoFault fault,
            int wanted,
            EchoClient.Report report,
            DiskChurn.Report disk,
            double usualMillis,
            List<Act> acts,
            List<LeftOut> leftOut,
            List<Timeline.Entry> timeline) {
        return new Verdict(
                fault.word(),
                report.isFlawless()
                        && disk.isFlawless()
                        && acts.size() == wanted
                        && acts.stream().allMatch(Act::passed),
                report.sent(),
                report.answered(),
                report.lost(),
                report.wrong(),
                1,
                acts.stream()
                        .mapToDouble(Act::longestWaitMillis)
                        .max()
                        .orElse(report.longest().toNanos() / 1e6),
                usualMillis,
                longest(acts, Act::takeoverMillis),
                acts.stream().mapToDouble(Act::silentMillis).max().orElse(0),
                longest(acts, Act::protectedAgainMillis),
                report.failure(),
                disk.requests(),
                disk.trouble(),
                List.copyOf(acts),
                List.copyOf(leftOut),
                timeline);
    }

    private static Optional<Long> longest(List<Act> acts, Function<Act, Optional<Long>> time) {
        return acts.stream().flatMap(act -> time.apply(act).stream()).max(Long::compare);
    }
}
