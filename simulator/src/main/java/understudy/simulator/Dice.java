package understudy.simulator;

import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/// All chance of a run, from one seed.
final class Dice {
    private final SplittableRandom random;

    Dice(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /// Nanoseconds for a time between two numbers of milliseconds.
    long millis(double from, double to) {
        return (long) ((from + random.nextDouble() * (to - from)) * Schedule.MILLISECOND);
    }

    /// @param probability in [0, 1]
    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    <T> T pick(List<T> things) {
        return things.get(random.nextInt(things.size()));
    }

    /// One of them, all with the same probability, as [#chance] would choose.
    <T> T share(List<T> things) {
        return things.get((int) (random.nextDouble() * things.size()));
    }

    UUID uuid() {
        return new UUID(random.nextLong(), random.nextLong());
    }
}
