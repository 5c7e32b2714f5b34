package understudy.systemtests.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import understudy.systemtests.volume.Operation.Kind;

/// That the checker accepts what one disk could have done, and nothing else.
class LinearizabilityTest {
    private static final int CLIENTS = 6;

    @Test
    void operationsOneAfterTheOtherAreFine() {
        assertThat(violation(write(1, 0, 10), read(1, 11, 20), write(2, 21, 30), read(2, 31, 40)))
                .isEmpty();
    }

    @Test
    void aReadDuringAWriteMaySeeEither() {
        assertThat(violation(write(1, 0, 10), write(2, 20, 50), read(1, 25, 30), read(2, 35, 40)))
                .isEmpty();
    }

    @Test
    void aStaleReadIsFound() {
        assertThat(violation(write(1, 0, 10), write(2, 11, 20), read(1, 21, 30)))
                .hasValueSatisfying(why -> assertThat(why).contains("read 1"));
    }

    @Test
    void aLostWriteIsFound() {
        assertThat(violation(write(1, 0, 10), read(0, 11, 20))).isPresent();
    }

    @Test
    void aReadOfWhatIsWrittenOnlyLaterIsFound() {
        assertThat(violation(read(1, 0, 10), write(1, 11, 20))).isPresent();
    }

    @Test
    void aReadOfWhatNobodyWroteIsFound() {
        assertThat(violation(write(1, 0, 10), read(7, 11, 20))).isPresent();
    }

    @Test
    void aValueThatComesBackIsFound() {
        assertThat(violation(write(1, 0, 10), write(2, 5, 15), read(2, 20, 25), read(1, 30, 35)))
                .isPresent();
    }

    @Test
    void readersThatSeeTwoWritesInOppositeOrdersAreFound() {
        assertThat(violation(write(1, 0, 100), write(2, 0, 100), read(1, 10, 20), read(2, 30, 40), read(1, 50, 60)))
                .isPresent();
    }

    @Test
    void anUnansweredWriteMayHappenLaterOrNever() {
        assertThat(violation(write(1, 0, 10), write(2, 20, Operation.NEVER), read(1, 30, 40), read(2, 50, 60)))
                .isEmpty();
        assertThat(violation(write(1, 0, 10), write(2, 20, Operation.NEVER), read(1, 30, 40)))
                .isEmpty();
    }

    @Test
    void anUnansweredWriteThatHasHappenedDoesNotUnhappen() {
        assertThat(violation(write(1, 0, 10), write(2, 20, Operation.NEVER), read(2, 30, 40), read(1, 50, 60)))
                .isPresent();
    }

    @Test
    void anUnansweredWriteDoesNotHappenBeforeItBegan() {
        assertThat(violation(read(2, 0, 10), write(2, 20, Operation.NEVER))).isPresent();
    }

    @Test
    void blocksAreDecidedAloneAndTheWrongOneIsNamed() {
        List<Operation> history = List.of(
                new Operation(0, 3, Kind.WRITE, 1, 0, 10),
                new Operation(0, 4, Kind.READ, 5, 0, 10),
                new Operation(0, 3, Kind.READ, 1, 20, 30));
        assertThat(Linearizability.violation(history, block -> block == 4 ? 5 : 0))
                .isEmpty();
        assertThat(Linearizability.violation(history, _ -> 0))
                .hasValueSatisfying(why -> assertThat(why).startsWith("block 4:"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void longHistoriesOfARealRegisterAreAcceptedAndTheSameWithOneWrongReadAreNot(long seed) {
        Random random = new Random(seed);
        List<Operation> history = simulate(random, 4000);
        assertThat(violation(history)).as("seed %d", seed).isEmpty();
        for (int i = 0; i < 20; i++) {
            assertThat(violation(spoiled(history, random))).as("seed %d", seed).isPresent();
        }
    }

    @Test
    void manyUnansweredWritesDoNotMakeTheSearchLong() {
        Random random = new Random(42);
        List<Operation> history = new ArrayList<>(simulate(random, 2000));
        for (int i = 0; i < 300; i++) {
            history.add(write(1_000_000 + i, random.nextInt(100_000), Operation.NEVER));
        }
        assertThat(violation(history)).isEmpty();
    }

    /// A dumb twin tries all orders.
    @Test
    void smallRandomHistoriesAreJudgedAsByTryingAllOrders() {
        int bad = 0;
        int trials = 20_000;
        for (long seed = 0; seed < trials; seed++) {
            List<Operation> history = smallHistory(new Random(seed));
            boolean expected = orderExists(new ArrayList<>(history), 0);
            assertThat(violation(history).isEmpty())
                    .as("seed %d: %s", seed, history)
                    .isEqualTo(expected);
            bad += expected ? 0 : 1;
        }
        assertThat(bad).isBetween(trials / 10, trials - trials / 10);
    }

    private static List<Operation> smallHistory(Random random) {
        List<Operation> history = new ArrayList<>();
        int count = 2 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            long invoked = random.nextInt(12);
            long completed = random.nextInt(6) == 0 ? Operation.NEVER : invoked + random.nextInt(6);
            Kind kind = random.nextBoolean() ? Kind.READ : Kind.WRITE;
            history.add(new Operation(i, 0, kind, random.nextInt(3), invoked, completed));
        }
        return history;
    }

    /// Whether what is left can be done from a value: any that nothing else left has ended before may be next, and
    /// what was not answered need not be done.
    private static boolean orderExists(List<Operation> left, long value) {
        if (left.stream().noneMatch(Operation::isCompleted)) {
            return true;
        }
        for (int i = 0; i < left.size(); i++) {
            Operation next = left.get(i);
            boolean isFirst = left.stream().allMatch(other -> other.completed() >= next.invoked());
            boolean fits = next.kind() == Kind.WRITE || next.value() == value || !next.isCompleted();
            if (isFirst && fits) {
                List<Operation> rest = new ArrayList<>(left);
                rest.remove(i);
                if (orderExists(rest, next.kind() == Kind.WRITE ? next.value() : value)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// What clients see of a register that does each operation at one moment.
    private static List<Operation> simulate(Random random, int count) {
        List<Operation> history = new ArrayList<>();
        long[] free = new long[CLIENTS];
        long[] began = new long[CLIENTS];
        long now = 0;
        long value = 0;
        for (int i = 1; i <= count; i++) {
            int client = random.nextInt(CLIENTS);
            now = Math.max(now + 1, free[client] + 2);
            began[client] = free[client] + 1 + random.nextLong(now - free[client]);
            free[client] = now + random.nextInt(30);
            boolean writes = random.nextInt(3) == 0;
            value = writes ? i : value;
            Kind kind = writes ? Kind.WRITE : Kind.READ;
            history.add(new Operation(client, 0, kind, value, began[client], free[client]));
        }
        Collections.shuffle(history, random);
        return history;
    }

    /// Changes one read to what was overwritten before it began, or not yet begun when it had ended.
    private static List<Operation> spoiled(List<Operation> history, Random random) {
        while (true) {
            int at = random.nextInt(history.size());
            Operation read = history.get(at);
            Optional<Long> impossible = read.kind() == Kind.READ ? impossible(history, read, random) : Optional.empty();
            if (impossible.isPresent()) {
                List<Operation> spoiled = new ArrayList<>(history);
                spoiled.set(
                        at,
                        new Operation(read.client(), 0, Kind.READ, impossible.get(), read.invoked(), read.completed()));
                return spoiled;
            }
        }
    }

    private static Optional<Long> impossible(List<Operation> history, Operation read, Random random) {
        List<Operation> writes =
                history.stream().filter(it -> it.kind() == Kind.WRITE).toList();
        Set<Long> overwritten = new HashSet<>();
        for (Operation write : writes) {
            boolean isLater = write.invoked() > read.completed();
            boolean isOverwritten =
                    writes.stream().anyMatch(it -> it.invoked() > write.completed() && it.completed() < read.invoked());
            if (isLater || isOverwritten) {
                overwritten.add(write.value());
            }
        }
        List<Long> values = List.copyOf(overwritten);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.get(random.nextInt(values.size())));
    }

    private static Operation write(long value, long invoked, long completed) {
        return new Operation(0, 0, Kind.WRITE, value, invoked, completed);
    }

    private static Operation read(long value, long invoked, long completed) {
        return new Operation(1, 0, Kind.READ, value, invoked, completed);
    }

    private static Optional<String> violation(Operation... history) {
        return violation(List.of(history));
    }

    private static Optional<String> violation(List<Operation> history) {
        return Linearizability.violation(history, _ -> 0);
    }
}
