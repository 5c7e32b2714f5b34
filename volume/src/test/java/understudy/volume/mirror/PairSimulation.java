package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import understudy.volume.mirror.Medium.Fault;

/// A pair, clients that know what they may read, and faults from a seed. At most one fault at a time costs a
/// replica; links may break and processes be killed at any time. (Threads are real: a seed fixes the faults and
/// the requests, not their order to the last.)
final class PairSimulation {
    private static final int CLIENTS = 2;
    private static final int CELLS = 150;
    private static final int EVENTS = 25;
    private static final Duration HEALING = Duration.ofSeconds(30);

    final SimulatedPair pair = new SimulatedPair();
    private final long seed;
    private final Random random;
    private final List<Cells> cells = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Optional<Throwable>> failure = new AtomicReference<>(Optional.empty());

    /// Clients act with the read lock; who needs them to stand still has the write lock.
    private final ReentrantReadWriteLock acting = new ReentrantReadWriteLock(true);

    private final StringBuilder events = new StringBuilder();
    private volatile boolean isOver;

    PairSimulation(long seed) {
        this.seed = seed;
        random = new Random(seed);
        int[] places = random.ints(0, SimulatedPair.SIZE / Cells.BYTES)
                .distinct()
                .limit((long) CLIENTS * CELLS)
                .map(i -> i * Cells.BYTES)
                .toArray();
        for (int i = 0; i < CLIENTS; i++) {
            cells.add(new Cells(
                    "client " + i,
                    Arrays.copyOfRange(places, i * CELLS, (i + 1) * CELLS),
                    new Random(seed * CLIENTS + i)));
        }
    }

    void run() throws Exception {
        begin();
        for (int i = 0; i < EVENTS && failure.get().isEmpty(); i++) {
            LockSupport.parkNanos(random.nextInt(30_000_000));
            if (random.nextInt(3) == 0 && pair.isProtected()) {
                loseAReplica();
            } else {
                disturb();
            }
        }
        end();
    }

    void runInPeace() throws Exception {
        begin();
        LockSupport.parkNanos(500_000_000);
        end();
    }

    void runAndLoseTheLocalDisk() throws Exception {
        begin();
        LockSupport.parkNanos(500_000_000);
        pair.here.fail(Fault.DEAD, 0);
        LockSupport.parkNanos(500_000_000);
        quiet(() -> cells.forEach(some -> some.checkAll(pair.client())));
        end();
    }

    void runWithResyncs() throws Exception {
        begin();
        for (int i = 0; i < 5; i++) {
            pair.killReplica();
            LockSupport.parkNanos(100_000_000);
            pair.startReplica();
            awaitProtection();
        }
        end();
    }

    private void begin() throws InterruptedException {
        pair.startReplica();
        pair.startServing();
        awaitProtection();
        for (Cells some : cells) {
            threads.add(Thread.ofPlatform().daemon().name("client").start(() -> act(some)));
        }
    }

    private void act(Cells some) {
        try {
            while (!isOver) {
                acting.readLock().lock();
                try {
                    some.act(pair.client());
                } finally {
                    acting.readLock().unlock();
                }
            }
        } catch (Throwable e) {
            failure.compareAndSet(Optional.empty(), Optional.of(e));
        }
    }

    /// Without requests under way.
    private void quiet(Runnable action) {
        acting.writeLock().lock();
        try {
            action.run();
        } finally {
            acting.writeLock().unlock();
        }
    }

    private void note(String what) {
        events.append(what).append('\n');
        synchronized (pair.heard) {
            pair.heard.add("--- " + what);
        }
    }

    /// Nothing that costs a replica anything that it confirmed.
    private void disturb() throws InterruptedException {
        switch (random.nextInt(5)) {
            case 0 -> {
                note("cut the wire");
                pair.cutWire();
            }
            case 1 -> {
                note("silence the wire");
                pair.silenceWire();
            }
            case 2 -> {
                note("kill the replica");
                pair.killReplica();
                LockSupport.parkNanos(random.nextInt(50_000_000));
                pair.startReplica();
            }
            case 3 -> restartServing(() -> {});
            default -> {}
        }
    }

    private void restartServing(Runnable meanwhile) {
        note("kill the serving side");
        pair.killServing();
        meanwhile.run();
        TestClient before = pair.client();
        pair.startServing();
        before.abandon();
    }

    private void loseAReplica() throws InterruptedException {
        boolean isHere = random.nextBoolean();
        SimulatedPair.Side side = isHere ? pair.here : pair.there;
        String where = isHere ? " here" : " there";
        switch (random.nextInt(8)) {
            case 0 -> fail(side, Fault.DEAD, where);
            case 1 -> fail(side, Fault.FULL, where);
            case 2 -> fail(side, Fault.SYNC_ERROR, where);
            case 3 -> fail(side, Fault.HANGS, where);
            case 4 -> {
                note("lose power" + where);
                restart(isHere, () -> side.losePower(random));
            }
            case 5 -> {
                note("replace the disk" + where);
                restart(isHere, side::replace);
            }
            case 6 -> {
                note("lose power on both sides");
                quiet(() -> {
                    pair.killServing();
                    pair.killReplica();
                    pair.here.losePower(random);
                    pair.there.losePower(random);
                    cells.forEach(Cells::losePower);
                    pair.startReplica();
                    pair.startServing();
                });
            }
            default -> {
                note("flip bits here");
                quiet(() -> {
                    for (Cells some : cells) {
                        pair.here.data.corrupt(some.place(random));
                    }
                    cells.forEach(some -> some.checkAll(pair.client()));
                });
            }
        }
        awaitProtection();
    }

    private void fail(SimulatedPair.Side side, Fault fault, String where) throws InterruptedException {
        note(fault + where);
        side.fail(fault, random.nextInt(50));
        LockSupport.parkNanos(random.nextInt(700_000_000));
        if (random.nextInt(3) == 0) {
            disturb();
        }
        note("mend" + where);
        side.mend();
    }

    private void restart(boolean isHere, Runnable meanwhile) {
        if (isHere) {
            restartServing(meanwhile);
        } else {
            pair.killReplica();
            meanwhile.run();
            LockSupport.parkNanos(random.nextInt(50_000_000));
            pair.startReplica();
        }
    }

    void awaitProtection() throws InterruptedException {
        long end = System.nanoTime() + HEALING.toNanos();
        while (!pair.isProtected()) {
            if (System.nanoTime() > end || failure.get().isPresent()) {
                throw new AssertionError(
                        "seed " + seed + ": not healed\n" + pair.story(),
                        failure.get().orElse(null));
            }
            Thread.sleep(2);
        }
    }

    private void end() throws Exception {
        pair.here.mend();
        pair.there.mend();
        if (failure.get().isEmpty()) {
            awaitProtection();
        }
        isOver = true;
        for (Thread thread : threads) {
            thread.join(60_000);
            assertThat(thread.isAlive())
                    .as("seed %d: requests are not answered%n%s", seed, pair.story())
                    .isFalse();
        }
        if (failure.get().isPresent()) {
            throw new AssertionError(
                    "seed " + seed + "\n" + pair.story(), failure.get().get());
        }
        cells.forEach(some -> some.checkAll(pair.client()));
        // What broke a moment ago has been noticed by then.
        LockSupport.parkNanos(1_500_000_000);
        awaitProtection();
        assertThat(pair.violations()).isEmpty();
        pair.close();
        assertThat(Arrays.mismatch(pair.here.data.content(), pair.there.data.content()))
                .as("seed %d: where the replicas differ%n%s", seed, pair.story())
                .isEqualTo(-1);
    }
}
