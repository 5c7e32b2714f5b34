package understudy.systemtests.volume;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;

/// Decides whether a history of reads and writes is one that a single disk could have: whether every operation can
/// be given a moment between its beginning and its end at which it happened, such that every read sees the last
/// write before it.
///
/// Blocks have nothing to do with each other, so each is decided alone (Herlihy and Wing's locality;
/// *P-compositionality*
/// with Horn and Kroening). Within a block it is the search of Wing and Gong with Lowe's memory: take an operation
/// that may come first, since none has ended before it began; go on with the rest; go back where nothing fits, and
/// never come twice to the same set of operations done with the same value left behind.
///
/// An operation that was not answered may happen at any later time, or never. Such a write whose value nobody reads is
/// left out: it explains nothing, and many of them would make the search long.
final class Linearizability {
    /// What a search may cost; beyond that the history counts as bad, so that nobody takes silence for consent.
    private static final int STEPS_MAX = 20_000_000;

    private static final int TOLD = 12;

    private Linearizability() {}

    /// @param initial what each block held before the history
    /// @return what is wrong, for people; empty if nothing is
    static Optional<String> violation(List<Operation> history, LongUnaryOperator initial) {
        Map<Long, List<Operation>> byBlock =
                history.stream().collect(Collectors.groupingBy(Operation::block, TreeMap::new, Collectors.toList()));
        for (Map.Entry<Long, List<Operation>> entry : byBlock.entrySet()) {
            Optional<String> wrong = new Search(relevant(entry.getValue()), initial.applyAsLong(entry.getKey())).run();
            if (wrong.isPresent()) {
                return wrong.map(why -> "block %d: %s".formatted(entry.getKey(), why));
            }
        }
        return Optional.empty();
    }

    private static List<Operation> relevant(List<Operation> ofBlock) {
        Set<Long> read = ofBlock.stream()
                .filter(it -> it.kind() == Operation.Kind.READ && it.isCompleted())
                .map(Operation::value)
                .collect(Collectors.toSet());
        return ofBlock.stream()
                .filter(it -> it.isCompleted() || (it.kind() == Operation.Kind.WRITE && read.contains(it.value())))
                .sorted(Comparator.comparingLong(Operation::invoked))
                .toList();
    }

    /// The beginning or the end of an operation, in a list by time from which what is done is taken out.
    private static final class Event {
        private final int operation;
        private final boolean isBegin;
        private final long time;
        private Event before = this;
        private Event after = this;
        private Event end = this;

        Event(int operation, boolean isBegin, long time) {
            this.operation = operation;
            this.isBegin = isBegin;
            this.time = time;
        }

        void putBehind(Event other) {
            before = other;
            after = other.after;
            after.before = this;
            other.after = this;
        }

        void remove() {
            before.after = after;
            after.before = before;
        }

        /// Undoes [#remove], in the opposite order of removals.
        void restore() {
            before.after = this;
            after.before = this;
        }
    }

    /// An operation done, and the value that was there before it.
    private record Choice(Event begin, long valueBefore) {}

    private record Reached(BitSet done, long value) {}

    private static final class Search {
        private final List<Operation> operations;
        private final Event head = new Event(-1, false, Long.MIN_VALUE);
        private final List<Choice> choices = new ArrayList<>();
        private final Set<Reached> reached = new HashSet<>();
        private final BitSet done = new BitSet();
        private long value;
        private int most;
        private List<Operation> stuckAt = List.of();

        Search(List<Operation> operations, long initial) {
            this.operations = operations;
            this.value = initial;
            List<Event> events = new ArrayList<>();
            for (int i = 0; i < operations.size(); i++) {
                Event begin = new Event(i, true, operations.get(i).invoked());
                begin.end = new Event(i, false, operations.get(i).completed());
                events.add(begin);
                events.add(begin.end);
            }
            // What began at the moment at which another ended may have overlapped it.
            events.sort(Comparator.comparingLong((Event event) -> event.time).thenComparing(event -> !event.isBegin));
            Event last = head;
            for (Event event : events) {
                event.putBehind(last);
                last = event;
            }
        }

        Optional<String> run() {
            Event next = head.after;
            for (int step = 0; step < STEPS_MAX; step++) {
                if (choices.size() == operations.size()) {
                    return Optional.empty();
                }
                if (next.isBegin) {
                    next = mayHappen(next) ? happen(next) : next.after;
                } else if (choices.isEmpty()) {
                    return Optional.of(explanation());
                } else {
                    noteStuck();
                    next = takeBack();
                }
            }
            return Optional.of("not decided in %d steps".formatted(STEPS_MAX));
        }

        /// Whether it fits now, and leads where the search has not been.
        private boolean mayHappen(Event begin) {
            Operation operation = operations.get(begin.operation);
            if (operation.kind() == Operation.Kind.READ && operation.value() != value) {
                return false;
            }
            BitSet then = (BitSet) done.clone();
            then.set(begin.operation);
            return reached.add(new Reached(then, operation.value()));
        }

        private Event happen(Event begin) {
            choices.add(new Choice(begin, value));
            done.set(begin.operation);
            value = operations.get(begin.operation).value();
            begin.remove();
            begin.end.remove();
            return head.after;
        }

        private Event takeBack() {
            Choice last = choices.removeLast();
            last.begin.end.restore();
            last.begin.restore();
            done.clear(last.begin.operation);
            value = last.valueBefore;
            return last.begin.after;
        }

        private void noteStuck() {
            if (choices.size() >= most) {
                most = choices.size();
                List<Operation> rest = new ArrayList<>();
                for (Event event = head.after; event != head && rest.size() < TOLD; event = event.after) {
                    if (event.isBegin) {
                        rest.add(operations.get(event.operation));
                    }
                }
                stuckAt = rest;
            }
        }

        private String explanation() {
            return "no order explains its %d operations; at most %d of them fit, and then come %s"
                    .formatted(operations.size(), most, stuckAt);
        }
    }
}
