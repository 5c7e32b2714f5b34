package understudy.agent;

import understudy.api.Event.Severity;
import understudy.protocol.RestartPolicy;
import understudy.protocol.RestartPolicy.Verdict;
import understudy.protocol.ViewInput;

/// What becomes of a guest that failed by itself on this host. [RestartPolicy] decides; a guest that is given up stays
/// as it is until the ledger says that nobody wants it.
///
/// Threads: the driver's.
final class GuestFailures {
    private final DriverDesk desk;
    private final Proposals proposals;
    private RestartPolicy restarts;

    GuestFailures(DriverDesk desk, Proposals proposals) {
        this.desk = desk;
        this.proposals = proposals;
        this.restarts = RestartPolicy.of(desk.spec().care().restartLimit());
    }

    /// Its QEMU ended.
    void qemuDied() {
        if (!RestartPolicy.isToBeAsked(desk.part())) {
            desk.step(new ViewInput.GuestGone(desk.now()));
            return;
        }
        restarts = restarts.died(desk.now());
        switch (restarts.verdict()) {
            case Verdict.StartAgain(var rest) -> {
                if (rest.isPositive()) {
                    desk.event(
                            "restart-delayed",
                            Severity.WARNING,
                            "%s died for the %s time in a short while; it is started again in %d s"
                                    .formatted(
                                            desk.spec().name(),
                                            ordinal(restarts.deaths().size()),
                                            rest.toSeconds()));
                }
                desk.step(new ViewInput.GuestGone(desk.now(), rest));
            }
            case Verdict.GiveUp(String reason) -> giveUp(reason);
        }
    }

    private void giveUp(String reason) {
        desk.event(
                "given-up",
                Severity.ERROR,
                "%s is not started again: %s. When its cause is mended: understudy vm start %s"
                        .formatted(desk.spec().name(), reason, desk.spec().name()));
        proposals.giveUp(reason);
    }

    /// Nobody wants the VM to run: what comes after is another story.
    void forget() {
        if (!restarts.deaths().isEmpty()) {
            restarts = RestartPolicy.of(desk.spec().care().restartLimit());
        }
    }

    private static String ordinal(int number) {
        boolean isTeen = number % 100 >= 11 && number % 100 <= 13;
        return number
                + switch (isTeen ? 0 : number % 10) {
                    case 1 -> "st";
                    case 2 -> "nd";
                    case 3 -> "rd";
                    default -> "th";
                };
    }
}
