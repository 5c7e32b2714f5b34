package understudy.benchmarks;

import java.util.List;
import java.util.Optional;

/// What one fault did, as seen from outside.
///
/// @param number               of the fault of its kind, from 1
/// @param silentMillis         the guest's longest silence, by UDP
/// @param longestWaitMillis    the TCP client's longest round trip
/// @param stages               where the silence went; empty if the survivor's events do not tell
/// @param protectedAfterMillis from the fault's mending (a power loss; the power came back) or from the fault
///                             itself (a SIGKILL) to full protection
/// @param copySilentMillis     the guest's longest silence while it became protected again
/// @param failure              what went wrong; empty if all was as it should be
/// @param evidence             the agents' last words, where something went wrong
record Takeover(
        Kind kind,
        int number,
        String victim,
        double silentMillis,
        double longestWaitMillis,
        Optional<Stages> stages,
        Optional<Double> protectedAfterMillis,
        Optional<Double> copySilentMillis,
        String failure,
        List<String> evidence) {
    Takeover {
        evidence = List.copyOf(evidence);
    }

    /// The parts of a silence, by the survivor's events; host and client have one clock in the lab.
    ///
    /// @param detectMillis   from the guest's last answer to the standby's decision to claim
    /// @param ledgerMillis   to the ledger's consent
    /// @param resumeMillis   to QEMU's running the guest
    /// @param announceMillis to the guest's next answer
    record Stages(double detectMillis, double ledgerMillis, double resumeMillis, double announceMillis) {}

    static Takeover failed(Kind kind, int number, String victim, String failure, List<String> evidence) {
        return new Takeover(
                kind, number, victim, 0, 0, Optional.empty(), Optional.empty(), Optional.empty(), failure, evidence);
    }

    boolean hasFailed() {
        return !failure.isEmpty();
    }
}
