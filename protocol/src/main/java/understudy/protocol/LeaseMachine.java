package understudy.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import understudy.model.Moment;
import understudy.model.VmId;

/// Holds one host's leases: until when frames of its VMs may leave although another host could take over.
///
/// The intuition: a host says to the ledger now and then that it lives, and the answer lists what it still runs.
/// For what is listed the lease runs on, counted from *before* the question was sent. A successor's view comes
/// later in the ledger's log than the last answer that lists the VM for its predecessor, and the successor waits a
/// whole lease from when it has learnt that view. So its first frame leaves after the predecessor's last one,
/// whatever was slow: the answer, the network, or the process (its gate looks at the clock with each frame).
///
/// ```
/// old host   ask ─────────── answer ── … ── last frame ┃ lease over
///             │                ▲                       ┃
/// log       ──●(lists the VM)──┘──●(view of the new host)
///                                 │
/// new host                        └▶ learns it ├──────── a lease × (1 + drift) ────────┤ boots
/// ```
///
/// The awkward cases:
/// - Answers overtake each other: each counts from its own question, and the latest end stands.
/// - No answer: asked again at the next turn; the lease runs out by itself.
/// - A VM that was given to another host and back: its successor waited, and so does this host.
/// - A host that was suspended and whose clock stood still: not covered. Clocks must run while machines do.
///
/// Invariant: a lease never ends later than its length after the moment of a question whose answer lists the VM.
///
/// Rejected: a lease for each VM (a log entry for each, a thousand a second), and leases that only the leader keeps
/// in memory (the next leader would have to wait them all out).
public final class LeaseMachine {
    private final LeaseTiming timing;

    public LeaseMachine(LeaseTiming timing) {
        this.timing = timing;
    }

    /// @param asked   the questions that may still be answered, by number, and when they were asked
    /// @param askAt   when to ask next
    /// @param until   the leases' ends, by VM
    /// @param asks    how many questions there were
    public record State(SortedMap<Long, Moment> asked, Moment askAt, SortedMap<VmId, Moment> until, long asks) {
        public State {
            asked = Collections.unmodifiableSortedMap(new TreeMap<>(asked));
            until = Collections.unmodifiableSortedMap(new TreeMap<>(until));
        }

        /// Whether frames of a VM may leave by its lease.
        public boolean isLeased(VmId vm, Moment now) {
            return Optional.ofNullable(until.get(vm))
                    .filter(end -> now.compareTo(end) < 0)
                    .isPresent();
        }
    }

    public sealed interface Input {
        /// Time has passed. Taken before what it causes is sent.
        record Tick(Moment now) implements Input {}

        /// Somebody needs a lease that this host does not have: not to wait for the next turn.
        record LeaseMissed(Moment now) implements Input {}

        /// @param active the VMs that the answer lists
        record Answered(long number, SortedSet<VmId> active, Moment now) implements Input {}
    }

    public sealed interface Effect {
        /// Ask the ledger to renew this host's lease.
        record Renew(long number) implements Effect {}

        /// Frames of the VM may leave until then.
        record Extend(VmId vm, Moment until) implements Effect {}
    }

    public State initial(Moment now) {
        return new State(new TreeMap<>(), now, new TreeMap<>(), 0);
    }

    public Step<State, Effect> step(State state, Input input) {
        return switch (input) {
            case Input.Tick(Moment now) -> now.compareTo(state.askAt()) >= 0 ? ask(state, now) : Step.of(state);
            case Input.LeaseMissed(Moment now) -> hasAsked(state, now) ? Step.of(state) : ask(state, now);
            case Input.Answered(long number, var active, Moment now) -> answered(state, number, active, now);
        };
    }

    /// A question as young as this may have been decided before the lease was missed, or may be answered soon.
    private boolean hasAsked(State state, Moment now) {
        return state.asked().values().stream()
                .anyMatch(at -> now.since(at).compareTo(timing.renewEvery().dividedBy(10)) < 0);
    }

    private Step<State, Effect> ask(State state, Moment now) {
        SortedMap<Long, Moment> asked = new TreeMap<>(state.asked());
        // What came so late would be worth nothing. This is the bound, too: LeaseMissed asks at most 30 times a lease.
        asked.values().removeIf(at -> now.since(at).compareTo(timing.length()) >= 0);
        long number = state.asks() + 1;
        asked.put(number, now);
        return Step.of(
                new State(asked, now.plus(timing.renewEvery()), state.until(), number), new Effect.Renew(number));
    }

    private Step<State, Effect> answered(State state, long number, SortedSet<VmId> active, Moment now) {
        Optional<Moment> asked = Optional.ofNullable(state.asked().get(number));
        SortedMap<VmId, Moment> until = new TreeMap<>(state.until());
        until.values().removeIf(end -> now.compareTo(end) >= 0);
        List<Effect> effects = new ArrayList<>();
        if (asked.isPresent()) {
            Moment end = asked.get().plus(timing.length());
            for (VmId vm : active) {
                Moment later = until.merge(vm, end, (one, other) -> one.compareTo(other) >= 0 ? one : other);
                effects.add(new Effect.Extend(vm, later));
            }
        }
        SortedMap<Long, Moment> open = new TreeMap<>(state.asked());
        open.remove(number);
        return new Step<>(new State(open, state.askAt(), until, state.asks()), effects);
    }
}
