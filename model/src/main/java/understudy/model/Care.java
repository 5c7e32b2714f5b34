package understudy.model;

import java.util.Optional;

/// What is done for a VM's guest when the guest itself fails, rather than what is under it; and its turn when all VMs
/// start at once.
///
/// @param restartLimit      how often it may die before it is left alone
/// @param onCrash           what to do when it crashes; if present, the guest has a device to say so
/// @param watchdog          what to do when it does not feed its watchdog; if present, it has one
/// @param startOrder        0 to 9999: after a loss of all power VMs of a lower number start first
/// @param startDelaySeconds 0 to 3600: how long it waits then, after those before it run
public record Care(
        RestartLimit restartLimit,
        Optional<CrashReaction> onCrash,
        Optional<WatchdogReaction> watchdog,
        int startOrder,
        int startDelaySeconds) {
    /// Of a VM for which nobody said anything.
    public static final int USUAL_ORDER = 100;

    public static final int ORDER_MAX = 9999;
    public static final int DELAY_SECONDS_MAX = 3600;

    /// What a VM gets for which nobody said anything; the specifications of earlier releases mean it, too.
    public static final Care DEFAULT =
            new Care(RestartLimit.DEFAULT, Optional.empty(), Optional.empty(), USUAL_ORDER, 0);

    public Care {
        if (startOrder < 0 || startOrder > ORDER_MAX) {
            throw new IllegalArgumentException("start order " + startOrder + ": 0 to " + ORDER_MAX);
        }
        if (startDelaySeconds < 0 || startDelaySeconds > DELAY_SECONDS_MAX) {
            throw new IllegalArgumentException(
                    "start delay " + startDelaySeconds + ": 0 to " + DELAY_SECONDS_MAX + " s");
        }
    }

    /// Whether it starts at another time than VMs of which nobody said anything.
    public boolean hasTurn() {
        return startOrder != USUAL_ORDER || startDelaySeconds > 0;
    }

    /// Whether its guest stands still after a crash, for somebody to look at it.
    public boolean standsStillAfterCrash() {
        return onCrash.equals(Optional.of(CrashReaction.PAUSE));
    }

    public Care with(RestartLimit limit) {
        return new Care(limit, onCrash, watchdog, startOrder, startDelaySeconds);
    }

    public Care with(CrashReaction reaction) {
        return new Care(restartLimit, Optional.of(reaction), watchdog, startOrder, startDelaySeconds);
    }

    public Care with(WatchdogReaction reaction) {
        return new Care(restartLimit, onCrash, Optional.of(reaction), startOrder, startDelaySeconds);
    }

    public Care starting(int order, int delaySeconds) {
        return new Care(restartLimit, onCrash, watchdog, order, delaySeconds);
    }
}
