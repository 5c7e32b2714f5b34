package understudy.lab.demo;

import java.util.List;
import java.util.Optional;
import understudy.lab.probe.EchoClient;

/// What the client of a demonstration saw.
///
/// @param connections        TCP connections that the client needed
/// @param takeoverMillis     from the fault to the guest's going on elsewhere, if it did
/// @param silentMillis       the guest's longest silence, by UDP
/// @param protectedAgainMillis from the fault to full protection
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
        List<Timeline.Entry> timeline)
        implements Outcome {

    static Verdict of(
            String fault,
            EchoClient.Report report,
            double usualMillis,
            Optional<Long> takeover,
            double silentMillis,
            Optional<Long> protectedAgain,
            List<Timeline.Entry> timeline) {
        return new Verdict(
                fault,
                report.isFlawless() && protectedAgain.isPresent(),
                report.sent(),
                report.answered(),
                report.lost(),
                report.wrong(),
                1,
                report.longest().toNanos() / 1e6,
                usualMillis,
                takeover,
                silentMillis,
                protectedAgain,
                report.failure(),
                timeline);
    }
}
