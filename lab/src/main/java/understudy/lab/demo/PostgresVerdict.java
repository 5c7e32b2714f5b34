package understudy.lab.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;

/// What the clients of a PostgreSQL server saw of one fault or several.
///
/// @param connections of the clients, each made once
/// @param committed   transactions that they were told of
/// @param trouble     what went wrong for them; empty if nothing did
/// @param audit       what is wrong with the server's tables; empty if each of those transactions is in them, and no
///                    other
/// @param rebooted    whether the guest began anew
/// @param leftOut     what `all` did not show
record PostgresVerdict(
        String fault,
        boolean passed,
        int connections,
        long committed,
        String trouble,
        String audit,
        boolean rebooted,
        List<Loss> losses,
        List<LeftOut> leftOut,
        List<Timeline.Entry> timeline)
        implements Outcome {
    /// One fault.
    ///
    /// @param host                 that ran the VM when it struck
    /// @param mayMove              whether the VM goes on elsewhere, by what is promised
    /// @param takeoverMillis       from the fault until the guest went on; empty if it did not have to, or never
    /// @param longestWaitMillis    in which no client was told of a commit
    /// @param protectedAgainMillis from the fault to full protection; empty if that did not come
    record Loss(
            DemoFault fault,
            String host,
            boolean mayMove,
            Optional<Long> takeoverMillis,
            long longestWaitMillis,
            Optional<Long> protectedAgainMillis) {
        /// Why it was not as promised; empty if it was.
        @JsonProperty
        String complaint() {
            if (mayMove && takeoverMillis.isEmpty()) {
                return "nobody took over";
            }
            return protectedAgainMillis.isEmpty() ? "the VM was not protected again" : "";
        }
    }

    /// @param wanted how many losses there should be
    static PostgresVerdict of(
            DemoFault fault,
            int wanted,
            int connections,
            long committed,
            String trouble,
            String audit,
            boolean rebooted,
            List<Loss> losses,
            List<LeftOut> leftOut,
            List<Timeline.Entry> timeline) {
        return new PostgresVerdict(
                fault.word(),
                committed > 0
                        && trouble.isEmpty()
                        && audit.isEmpty()
                        && !rebooted
                        && losses.size() == wanted
                        && losses.stream().allMatch(loss -> loss.complaint().isEmpty()),
                connections,
                committed,
                trouble,
                audit,
                rebooted,
                List.copyOf(losses),
                List.copyOf(leftOut),
                List.copyOf(timeline));
    }
}
