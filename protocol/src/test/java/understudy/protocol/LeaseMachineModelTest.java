package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.protocol.LeaseMachine.Effect;
import understudy.protocol.LeaseMachine.Input;

/// A holder and its successor, on clocks that start anywhere and run as unevenly as is allowed, with a log in
/// between that is slow, forgets answers, and gives the VM away at a random moment.
class LeaseMachineModelTest {
    private static final VmId VM = new VmId(new UUID(0, 1));
    private static final LeaseTiming TIMING = new LeaseTiming(Duration.ofMillis(900));
    private static final SortedSet<VmId> NONE = new TreeSet<>();

    private record Clock(double rate, long offset) {
        Moment at(double millis) {
            return new Moment((long) (millis * 1e6 * rate) + offset);
        }
    }

    private record Event(double at, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return Double.compare(at, other.at);
        }
    }

    @Test
    void noLeaseOutlivesTheWaitOfASuccessor() {
        int leased = 0;
        for (long seed = 0; seed < 2_000; seed++) {
            leased += new Run(seed).run() ? 1 : 0;
        }
        assertThat(leased).as("runs in which there was a lease at all").isGreaterThan(1_900);
    }

    private static final class Run {
        private final long seed;
        private final SplittableRandom random;
        private final Clock holder;
        private final Clock successor;
        private final LeaseMachine machine = new LeaseMachine(TIMING);
        private final PriorityQueue<Event> events = new PriorityQueue<>();
        private final double givenAway;
        private LeaseMachine.State state;
        private double now;
        private boolean everLeased;

        Run(long seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            double drift = random.nextDouble(0.00001, 0.0099);
            boolean slowHolder = random.nextInt(4) > 0;
            this.holder = new Clock(slowHolder ? 1 / (1 + drift) : 1, random.nextLong() >> 8);
            this.successor = new Clock(1, random.nextLong() >> 8);
            this.givenAway = random.nextDouble(100, 4_000);
            this.state = machine.initial(holder.at(0));
        }

        /// @return whether the holder ever had a lease
        boolean run() {
            tick();
            while (now < 8_000) {
                Event next = events.remove();
                now = next.at;
                next.action.run();
            }
            double learnt = givenAway + random.nextDouble(0, 5);
            Moment boots = successor.at(learnt).plus(TIMING.outwait());
            double bootsAt = (boots.nanos() - successor.offset) / 1e6 / successor.rate;
            boolean overlaps = state.isLeased(VM, holder.at(bootsAt));
            assertThat(overlaps).as("seed %d", seed).isFalse();
            return everLeased;
        }

        private void tick() {
            give(new Input.Tick(holder.at(now)));
            if (random.nextInt(20) == 0) {
                give(new Input.LeaseMissed(holder.at(now)));
            }
            boolean sleeps = random.nextInt(50) == 0;
            later(sleeps ? random.nextDouble(0, 1_000) : 20, this::tick);
        }

        private void give(Input input) {
            Step<LeaseMachine.State, Effect> step = machine.step(state, input);
            state = step.state();
            assertThat(state.asked().size()).as("seed %d", seed).isLessThanOrEqualTo(40);
            for (Effect effect : step.effects()) {
                switch (effect) {
                    case Effect.Renew(long number) -> ask(number);
                    case Effect.Extend _ -> everLeased = true;
                }
            }
        }

        /// On its way to the log, in the log, and back.
        private void ask(long number) {
            double there = random.nextInt(10) == 0 ? random.nextDouble(0, 2_000) : random.nextDouble(0, 20);
            double back = random.nextInt(10) == 0 ? random.nextDouble(0, 2_000) : random.nextDouble(0, 20);
            boolean lost = random.nextInt(10) == 0;
            later(there, () -> {
                SortedSet<VmId> active = now < givenAway ? new TreeSet<>(List.of(VM)) : NONE;
                if (!lost) {
                    later(back, () -> give(new Input.Answered(number, active, holder.at(now))));
                }
            });
        }

        private void later(double millis, Runnable action) {
            events.add(new Event(now + millis, action));
        }
    }
}
