package understudy.agent;

import java.time.Duration;
import java.util.Optional;
import understudy.api.Event.Severity;
import understudy.api.VmState;
import understudy.model.CrashReaction;
import understudy.model.Moment;
import understudy.model.WatchdogReaction;
import understudy.protocol.RestartPolicy;
import understudy.protocol.RestartPolicy.Verdict;
import understudy.protocol.ViewInput;

/// What becomes of a guest that failed by itself on this host: its QEMU died, or the guest said that it crashed, or
/// did not feed its watchdog. [RestartPolicy] decides how often and when it begins anew; a guest that is given up
/// stays as it is until the ledger says that nobody wants it.
///
/// A guest that crashed is reset in its QEMU rather than started in another: at level system that is one more thing
/// that a guest does, so its standby follows, and nothing of who may run it changes.
///
/// Threads: the driver's, save where a method says otherwise.
final class GuestFailures {
    private static final Duration RESET_AGAIN = Duration.ofSeconds(1);

    private final DriverDesk desk;
    private final Proposals proposals;
    private RestartPolicy restarts;
    private Optional<Moment> resetAt = Optional.empty();
    private volatile Optional<Trouble> trouble = Optional.empty();

    /// What people see of it.
    record Trouble(VmState state, String reason) {}

    GuestFailures(DriverDesk desk, Proposals proposals) {
        this.desk = desk;
        this.proposals = proposals;
        this.restarts = RestartPolicy.of(desk.spec().care().restartLimit());
    }

    /// While the guest does not do its work; from any thread.
    Optional<Trouble> trouble() {
        return trouble;
    }

    /// Its QEMU ended.
    void qemuDied() {
        if (!RestartPolicy.isToBeAsked(desk.part())) {
            desk.step(new ViewInput.GuestGone(desk.now()));
            return;
        }
        switch (died()) {
            case Verdict.StartAgain(var rest) -> desk.step(new ViewInput.GuestGone(desk.now(), rest));
            case Verdict.GiveUp(String reason) -> giveUp(reason);
        }
    }

    /// The guest said that it crashed.
    void crashed() {
        CrashReaction reaction = desk.spec().care().onCrash().orElse(CrashReaction.RESTART);
        desk.event("guest-crashed", Severity.ERROR, "the guest says that it crashed; reaction: " + reaction);
        switch (reaction) {
            case RESTART -> reset("its guest crashed");
            case STOP -> giveUp("its guest crashed");
            case PAUSE ->
                trouble = Optional.of(new Trouble(
                        VmState.PAUSED, "its guest crashed, and stands still to be looked at until it is stopped"));
        }
    }

    /// The guest started its watchdog and did not feed it.
    void watchdogExpired() {
        WatchdogReaction reaction = desk.spec().care().watchdog().orElse(WatchdogReaction.NONE);
        desk.event(
                "watchdog-expired",
                reaction == WatchdogReaction.NONE ? Severity.WARNING : Severity.ERROR,
                "the guest does not feed its watchdog; reaction: " + reaction);
        switch (reaction) {
            case RESET -> reset("its guest did not feed its watchdog");
            case STOP -> giveUp("its guest did not feed its watchdog");
            case NONE -> {}
        }
    }

    private void reset(String why) {
        switch (died()) {
            case Verdict.StartAgain(var rest) -> {
                resetAt = Optional.of(desk.now().plus(rest));
                trouble = Optional.of(new Trouble(VmState.STARTING, why + "; it is reset"));
            }
            case Verdict.GiveUp(String reason) -> giveUp(reason);
        }
    }

    boolean isResetDue(Moment now) {
        return resetAt.filter(at -> now.compareTo(at) >= 0).isPresent();
    }

    void wasReset() {
        desk.event("guest-reset", Severity.INFO, "the guest was reset");
        over();
    }

    void resetLater() {
        resetAt = Optional.of(desk.now().plus(RESET_AGAIN));
    }

    /// The guest began anew by itself, as one that crashed may do.
    void rebooted() {
        if (resetAt.isPresent()) {
            over();
        }
    }

    /// The guest that failed is no more, or does its work again.
    void over() {
        resetAt = Optional.empty();
        trouble = Optional.empty();
    }

    /// Nobody wants the VM to run: what comes after is another story.
    void forget() {
        over();
        if (!restarts.deaths().isEmpty()) {
            restarts = RestartPolicy.of(desk.spec().care().restartLimit());
        }
    }

    private Verdict died() {
        restarts = restarts.died(desk.now());
        Verdict verdict = restarts.verdict();
        if (verdict instanceof Verdict.StartAgain(var rest) && rest.isPositive()) {
            desk.event(
                    "restart-delayed",
                    Severity.WARNING,
                    "the guest of %s failed %d times in a short while; it begins again in %d s"
                            .formatted(desk.spec().name(), restarts.deaths().size(), rest.toSeconds()));
        }
        return verdict;
    }

    private void giveUp(String reason) {
        desk.event(
                "given-up",
                Severity.ERROR,
                "%s is not started again: %s. When its cause is mended: understudy vm start %s"
                        .formatted(desk.spec().name(), reason, desk.spec().name()));
        trouble = Optional.of(new Trouble(VmState.FAILED, reason));
        proposals.giveUp(reason);
    }
}
