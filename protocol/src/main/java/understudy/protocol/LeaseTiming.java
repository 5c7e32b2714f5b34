package understudy.protocol;

import java.time.Duration;

/// How long leases run; the same on all hosts of a cluster.
///
/// The rule behind it: who holds a lease counts it from before it asked, who takes over counts a full one and a
/// little more from after it has learnt. Both count on their own clocks, which may run at different speeds.
///
/// @param length at least [#ELECTIONS] election time-outs of the ledger: the loss of its leader is no loss of leases
public record LeaseTiming(Duration length) {
    public static final LeaseTiming DEFAULT = new LeaseTiming(Duration.ofSeconds(3));

    /// The least length, in election time-outs.
    public static final int ELECTIONS = 3;

    /// By how much two clocks may differ in speed, in parts of the time.
    private static final double DRIFT = 0.01;

    public LeaseTiming {
        if (!length.isPositive()) {
            throw new IllegalArgumentException("lease of " + length);
        }
    }

    /// How often it is renewed: two renewals may be lost without harm.
    public Duration renewEvery() {
        return length.dividedBy(3);
    }

    /// For how long after a renewal its author is not taken for dead, silent as it is: half as long again as a renewal
    /// takes to come.
    public Duration quiet() {
        return length.dividedBy(2);
    }

    /// How long a successor waits, from when it has learnt that it is one.
    public Duration outwait() {
        return Duration.ofNanos((long) Math.ceil(length.toNanos() * (1 + DRIFT)));
    }
}
