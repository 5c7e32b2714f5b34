package understudy.protocol;

import java.time.Duration;
import java.util.List;
import understudy.model.Moment;

/// Decides whether the peer host is alive, from what is heard of it over all peer links together.
///
/// A host that lost its power says nothing, so silence is the evidence; but a busy host is silent for a while,
/// too. Hence two limits: past the first a peer is *doubted* (nothing new is built on it), past the second it
/// is *lost*, and the view machine may act. A link that breaks is no evidence while another one carries
/// heartbeats. A closed connection says more than silence: only a living kernel closes it, so the agent died
/// and the host did not. It raises doubt at once, but never loss: an agent may be back within its grace. That it was
/// closed is remembered
/// until the peer is heard of again.
///
/// | state     | heartbeat | closed    | silent for `doubtAfter` | silent for `loseAfter` |
/// |-----------|-----------|-----------|-------------------------|------------------------|
/// | `Heard`   | `Heard`   | `Doubted` | `Doubted`               | `Lost`                 |
/// | `Doubted` | `Heard`   | –         | –                       | `Lost`                 |
/// | `Lost`    | `Heard`   | –         | –                       | –                      |
///
/// Invariant: `Lost` is never reported less than `loseAfter` after the last heartbeat.
///
/// Rejected: an estimate of the arrival times' distribution (phi accrual). It adapts to slow links, but its
/// answer is no bound that `docs/specification.md` could promise, and being wrong costs little here: the ledger
/// refuses the claim.
public final class PeerWatch {

    private final Duration doubtAfter;
    private final Duration loseAfter;

    /// @param doubtAfter silence after which a peer is doubted; positive
    /// @param loseAfter  silence after which a peer is lost; longer than `doubtAfter`
    /// @throws IllegalArgumentException if they are not so ordered
    public PeerWatch(Duration doubtAfter, Duration loseAfter) {
        if (!doubtAfter.isPositive() || loseAfter.compareTo(doubtAfter) <= 0) {
            throw new IllegalArgumentException(
                    "0 < %s (doubt) < %s (lose) does not hold".formatted(doubtAfter, loseAfter));
        }
        this.doubtAfter = doubtAfter;
        this.loseAfter = loseAfter;
    }

    /// What is known of the peer. Every state keeps the moment of the last heartbeat, on any link.
    public sealed interface State {
        Moment lastHeard();

        /// Heard of within `doubtAfter`.
        record Heard(Moment lastHeard) implements State {}

        /// Silent, or its agent's connection was closed; not yet lost.
        ///
        /// @param closed whether a living kernel said so
        record Doubted(Moment lastHeard, boolean closed) implements State {
            Doubted(Moment lastHeard) {
                this(lastHeard, false);
            }
        }

        /// Silent for `loseAfter`. Ends only with a heartbeat.
        ///
        /// @param closed whether it was its kernel that closed the connection: its agent died, not its host
        record Lost(Moment lastHeard, boolean closed) implements State {
            Lost(Moment lastHeard) {
                this(lastHeard, false);
            }
        }
    }

    public sealed interface Input {
        record HeartbeatReceived(Moment at) implements Input {}

        /// The peer's kernel closed the last connection that was open.
        record ConnectionsClosed(Moment at) implements Input {}

        /// Time has passed; to be given at least every `doubtAfter / 4`.
        record Tick(Moment now) implements Input {}
    }

    public enum Effect {
        REPORT_HEARD,
        REPORT_DOUBTED,
        REPORT_LOST
    }

    public Step<State, Effect> step(State state, Input input) {
        return switch (input) {
            case Input.HeartbeatReceived(Moment at) -> heard(state, at);
            case Input.ConnectionsClosed(Moment _) -> closed(state);
            case Input.Tick(Moment now) -> silent(state, now.since(state.lastHeard()));
        };
    }

    private Step<State, Effect> heard(State state, Moment at) {
        State next = new State.Heard(later(state.lastHeard(), at));
        return switch (state) {
            case State.Heard _ -> Step.of(next);
            case State.Doubted _, State.Lost _ -> Step.of(next, Effect.REPORT_HEARD);
        };
    }

    private Step<State, Effect> closed(State state) {
        return switch (state) {
            case State.Heard(Moment lastHeard) -> Step.of(new State.Doubted(lastHeard, true), Effect.REPORT_DOUBTED);
            case State.Doubted(Moment lastHeard, boolean _) -> Step.of(new State.Doubted(lastHeard, true));
            case State.Lost _ -> Step.of(state);
        };
    }

    private Step<State, Effect> silent(State state, Duration silence) {
        boolean lost = silence.compareTo(loseAfter) >= 0;
        boolean doubted = silence.compareTo(doubtAfter) >= 0;
        return switch (state) {
            case State.Heard(Moment lastHeard)
            when lost -> new Step<>(new State.Lost(lastHeard), List.of(Effect.REPORT_DOUBTED, Effect.REPORT_LOST));
            case State.Heard(Moment lastHeard)
            when doubted -> Step.of(new State.Doubted(lastHeard), Effect.REPORT_DOUBTED);
            case State.Doubted(Moment lastHeard, boolean closed)
            when lost -> Step.of(new State.Lost(lastHeard, closed), Effect.REPORT_LOST);
            case State.Heard _, State.Doubted _, State.Lost _ -> Step.of(state);
        };
    }

    /// Links deliver out of order with respect to each other, so a heartbeat can be older than the last one.
    private static Moment later(Moment one, Moment other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
