package understudy.model;

import java.time.Duration;
import java.util.Locale;

/// What a level-3 VM's checkpoints favour: how long output may wait for its commit, against how long the guest
/// may stand still. The names are part of the outer surface.
public enum Policy {
    /// Output leaves as soon as it can; the guest may stand still for up to two thirds of the time.
    LATENCY(0.66, Duration.ofMillis(100)),
    /// The default: at most a quarter of the time.
    BALANCED(0.25, Duration.ofMillis(100)),
    /// Few checkpoints: at most a tenth of the time, for guests that compute more than they talk.
    THROUGHPUT(0.10, Duration.ofMillis(200));

    private final double pausedShareMax;
    private final Duration period;

    Policy(double pausedShareMax, Duration period) {
        this.pausedShareMax = pausedShareMax;
        this.period = period;
    }

    /// The largest share of time that the guest may stand still for checkpoints, in (0, 1).
    public double pausedShareMax() {
        return pausedShareMax;
    }

    /// The longest time between two checkpoints of a guest without output.
    public Duration period() {
        return period;
    }

    /// @throws IllegalArgumentException with a text for people, if there is no such policy
    public static Policy parse(String text) {
        for (Policy policy : values()) {
            if (policy.toString().equals(text)) {
                return policy;
            }
        }
        throw new IllegalArgumentException("no policy '" + text + "': latency, balanced or throughput");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
