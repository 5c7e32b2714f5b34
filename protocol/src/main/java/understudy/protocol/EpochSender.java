package understudy.protocol;

import java.time.Duration;
import java.util.List;
import understudy.model.Moment;

/// Decides when an active takes the next checkpoint of its guest.
///
/// The intuition: output that waits costs latency, and a guest that stands still costs work. So a checkpoint is
/// taken as soon as output waits, at the latest after a period, but only with *credit*: time that the guest was
/// allowed to stand still and did not. Running earns credit at the rate that keeps the paused share of all time
/// at its limit; a pause spends it. Credit may be overdrawn by one pause, and is capped, so that a quiet guest
/// answers at once and a busy one stays within its share over any time longer than the cap allows.
///
/// Awkward cases: a pause's length is known only afterwards (hence the overdraft); a standby that confirms
/// slowly must not make memory grow (at most `inFlightMax` epochs are unconfirmed; past that the guest runs on
/// and its output waits).
///
/// Invariant: an epoch is captured only when all but `inFlightMax - 1` before it are committed; epochs go up by
/// one.
///
/// Rejected: a fixed minimum distance between checkpoints. It is either too long for a pause of 1 ms or too
/// short for one of 20 ms.
public final class EpochSender {

    private final double pausedShareMax;
    private final Duration period;
    private final int inFlightMax;

    /// The most credit that a quiet guest can save up: about ten short pauses.
    private static final long CREDIT_MAX_NANOS = Duration.ofMillis(10).toNanos();

    /// @param pausedShareMax in (0, 1)
    /// @param period         positive
    /// @param inFlightMax    1 or more
    public EpochSender(double pausedShareMax, Duration period, int inFlightMax) {
        if (!(pausedShareMax > 0 && pausedShareMax < 1) || !period.isPositive() || inFlightMax < 1) {
            throw new IllegalArgumentException(
                    "share %s, period %s, %s in flight".formatted(pausedShareMax, period, inFlightMax));
        }
        this.pausedShareMax = pausedShareMax;
        this.period = period;
        this.inFlightMax = inFlightMax;
    }

    /// @param next          the number of the next epoch to be captured; 1 for the first
    /// @param committed     the last that the standby confirmed; 0 before the first
    /// @param outputWaiting whether the running epoch has made output
    /// @param ranSince      when the guest ran on after the last pause
    /// @param creditNanos   the credit at that moment; negative if overdrawn
    public record State(long next, long committed, boolean outputWaiting, Moment ranSince, long creditNanos) {
        public State {
            if (committed < 0 || next <= committed) {
                throw new IllegalArgumentException("epoch " + next + " after " + committed + " was committed");
            }
        }

        public long inFlight() {
            return next - 1 - committed;
        }
    }

    public sealed interface Input {
        /// The guest's running epoch has output that waits for its commit.
        record OutputWaited() implements Input {}

        /// The epoch that [Effect.Capture] asked for was captured, and the guest runs on since `at`.
        record Captured(Moment at, Duration pause) implements Input {}

        /// The standby confirmed that it holds all epochs up to this one.
        record Confirmed(long epoch) implements Input {}

        record Tick(Moment now) implements Input {}
    }

    public sealed interface Effect {
        /// Pause the guest, and take all that it did since the last capture.
        record Capture(long epoch) implements Effect {}

        /// Let out what the guest sent in epochs up to this one.
        record Release(long epoch) implements Effect {}

        /// The standby confirmed what was never sent to it, or less than before: end the stream.
        record Break(String reason) implements Effect {}
    }

    public State initial(Moment now) {
        return new State(1, 0, false, now, 0);
    }

    public Step<State, Effect> step(State state, Input input) {
        return switch (input) {
            case Input.OutputWaited() ->
                Step.of(new State(state.next, state.committed, true, state.ranSince, state.creditNanos));
            case Input.Captured(Moment at, Duration pause) -> Step.of(captured(state, at, pause));
            case Input.Confirmed(long epoch) -> confirmed(state, epoch);
            case Input.Tick(Moment now) ->
                mayCapture(state) && !now.since(due(state)).isNegative()
                        ? Step.of(state, new Effect.Capture(state.next))
                        : Step.of(state);
        };
    }

    /// Whether the number of epochs in flight allows another one.
    public boolean mayCapture(State state) {
        return state.inFlight() < inFlightMax;
    }

    /// When the next capture is due, if nothing happens until then.
    public Moment due(State state) {
        long owed = Math.max(0, -state.creditNanos);
        Duration earning = Duration.ofNanos((long) (owed / rate()));
        Moment affordable = state.ranSince.plus(earning);
        Moment late = state.ranSince.plus(period);
        return state.outputWaiting || affordable.compareTo(late) > 0 ? affordable : late;
    }

    private State captured(State state, Moment at, Duration pause) {
        Moment stopped = new Moment(at.nanos() - pause.toNanos());
        long ran = Math.max(0, stopped.since(state.ranSince).toNanos());
        long earned = Math.min(CREDIT_MAX_NANOS, state.creditNanos + (long) (ran * rate()));
        return new State(state.next + 1, state.committed, false, at, earned - pause.toNanos());
    }

    private static Step<State, Effect> confirmed(State state, long epoch) {
        if (epoch <= state.committed || epoch >= state.next) {
            String reason = "epoch %d confirmed; %d was the last confirmed and %d the last sent"
                    .formatted(epoch, state.committed, state.next - 1);
            return Step.of(state, new Effect.Break(reason));
        }
        State next = new State(state.next, epoch, state.outputWaiting, state.ranSince, state.creditNanos);
        return new Step<>(next, List.of(new Effect.Release(epoch)));
    }

    /// Credit earned per unit of running time.
    private double rate() {
        return pausedShareMax / (1 - pausedShareMax);
    }
}
