package understudy.lab.demo;

import java.util.List;
import java.util.Optional;
import understudy.lab.DiskFault;
import understudy.lab.probe.DiskChurn;

/// What a guest saw of the disks that broke under it.
///
/// @param reads       of blocks whose content was known, each compared
/// @param errors      that the guest was told of, 0 or 1: it stops at the first
/// @param wrong       blocks that held something else than what was written, 0 or 1: it stops at the first
/// @param trouble     the error or wrong block in the guest's words; empty if there was none
/// @param strikes     what broke, in order
record DiskVerdict(
        String fault,
        boolean passed,
        long writes,
        long reads,
        long holes,
        long flushes,
        int errors,
        int wrong,
        double longestWaitMillis,
        String trouble,
        List<Strike> strikes,
        List<Timeline.Entry> timeline)
        implements Outcome {
    /// A disk that answers nothing is done without after 2 s; the rest is for the ledger, on a busy machine.
    static final double LONGEST_WAIT_MILLIS = 5000;
    /// The guest's disks wait for an agent that has to be started again.
    static final double AGENT_WAIT_MILLIS = 15_000;

    /// One disk that broke, or the agent under the guest.
    ///
    /// @param how             empty for an agent
    /// @param noticedMillis   until its replica was counted out; empty where it need not be, as after a flipped bit
    /// @param longestWaitMillis of the guest's requests, from the fault until all was well again
    /// @param inSyncMillis    from the repair until both hosts had everything again; empty if that did not come
    record Strike(
            String host,
            boolean isActive,
            Optional<DiskFault> how,
            Optional<String> repair,
            Optional<Long> noticedMillis,
            double longestWaitMillis,
            boolean guestWentOn,
            Optional<Long> inSyncMillis) {
        boolean isSurvived() {
            return guestWentOn && inSyncMillis.isPresent();
        }

        boolean isShort() {
            return longestWaitMillis <= (how.isPresent() ? LONGEST_WAIT_MILLIS : AGENT_WAIT_MILLIS);
        }

        /// What broke.
        String what() {
            return how.map(DiskFault::word).orElse("death");
        }
    }

    static DiskVerdict of(
            DemoFault fault, DiskChurn.Report report, List<Strike> strikes, List<Timeline.Entry> timeline) {
        boolean isWrong = report.trouble().startsWith("WRONG");
        boolean isError = !isWrong && !report.trouble().isEmpty();
        return new DiskVerdict(
                fault.word(),
                report.isFlawless()
                        && !strikes.isEmpty()
                        && strikes.stream().allMatch(Strike::isSurvived)
                        && strikes.stream().allMatch(Strike::isShort),
                report.writes(),
                report.reads(),
                report.holes(),
                report.flushes(),
                isError ? 1 : 0,
                isWrong ? 1 : 0,
                report.longest().toNanos() / 1e6,
                report.trouble(),
                List.copyOf(strikes),
                timeline);
    }
}
