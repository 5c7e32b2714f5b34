package understudy.volume.mirror;

import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/// Threads of which one at a time runs, until it waits for something or gives way; then a seed says who is
/// next. When none can run, time goes on to where the next one wakes. So a run depends on nothing but its
/// seed, and takes no longer than its work.
///
/// They are virtual threads of the JDK on an executor of ours: whatever blocks in `java.util.concurrent`
/// comes back to us. (The JDK has such a builder for its own tests only, hence the reflection; the product
/// knows nothing of this.)
final class SimulatedThreads implements Threads, Chance {
    private static final long FOR_EVER = 1L << 60;
    private static final int STEPS_MAX = 100_000_000;
    private static final int GIVES_WAY_ONE_IN = 6;

    private final RandomGenerator random;
    private final Thread.Builder.OfVirtual builder;
    private final BlockingQueue<Runnable> arrived = new LinkedBlockingQueue<>();
    private final List<Runnable> ready = new ArrayList<>();
    private final PriorityQueue<Alarm> alarms = new PriorityQueue<>(
            Comparator.comparingLong((Alarm alarm) -> alarm.at).thenComparingLong(alarm -> alarm.number));
    private final List<Throwable> uncaught = new ArrayList<>();
    private final List<Thread> alive = new ArrayList<>();
    private long time = 1;
    private long alarmCount;
    private long steps;

    /// Who follows from what: a number that differs if anything in the order of the run does.
    private long print;

    private static final class Alarm {
        final long at;
        final long number;
        final Thread sleeper;
        boolean hasRung;
        boolean isOff;

        Alarm(long at, long number, Thread sleeper) {
            this.at = at;
            this.number = number;
            this.sleeper = sleeper;
        }
    }

    SimulatedThreads(RandomGenerator random) {
        this.random = random;
        builder = builder(arrived::add);
    }

    private static Thread.Builder.OfVirtual builder(Executor executor) {
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            return (Thread.Builder.OfVirtual) constructor.newInstance(executor);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK has no virtual threads on executors of one's own", e);
        }
    }

    /// Runs until `scenario` has ended.
    void run(Runnable scenario) {
        Thread main = start("scenario", scenario);
        while (main.isAlive() && uncaught.isEmpty()) {
            step();
        }
        if (!uncaught.isEmpty()) {
            throw new AssertionError("a thread failed", uncaught.getFirst());
        }
    }

    private void step() {
        if (steps++ > STEPS_MAX) {
            throw new AssertionError("it does not end");
        }
        arrived.drainTo(ready);
        while (!alarms.isEmpty() && (alarms.peek().isOff || alarms.peek().at <= time)) {
            ring(alarms.remove());
        }
        arrived.drainTo(ready);
        if (!ready.isEmpty()) {
            int next = random.nextInt(ready.size());
            print = print * 31 + next + ready.size();
            Runnable chosen = ready.set(next, ready.getLast());
            ready.removeLast();
            chosen.run();
        } else if (!alarms.isEmpty()) {
            time = alarms.peek().at;
            print = print * 31 + time;
        } else {
            awaitJdk();
        }
    }

    /// A contended monitor is handed on by a thread of the JDK.
    private void awaitJdk() {
        try {
            Runnable late = arrived.poll(5, TimeUnit.SECONDS);
            if (late == null) {
                throw new AssertionError("all threads wait for ever: "
                        + alive.stream().filter(Thread::isAlive).toList());
            }
            ready.add(late);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void ring(Alarm alarm) {
        if (!alarm.isOff) {
            alarm.hasRung = true;
            alarm.sleeper.interrupt();
        }
    }

    long print() {
        return print;
    }

    long steps() {
        return steps;
    }

    /// In milliseconds since the beginning.
    long millis() {
        return TimeUnit.NANOSECONDS.toMillis(time);
    }

    @Override
    public long now() {
        time += random.nextInt(200);
        mayGiveWay();
        return time | 1;
    }

    private void mayGiveWay() {
        if (random.nextInt(GIVES_WAY_ONE_IN) == 0) {
            giveWay();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // it is we who say who is next
    private static void giveWay() {
        Thread.yield();
    }

    @Override
    public Thread unstarted(String name, Runnable work) {
        Thread thread = builder.name(name).unstarted(() -> {
            try {
                work.run();
            } catch (Throwable e) {
                uncaught.add(e);
            }
        });
        alive.removeIf(other -> other.getState() == Thread.State.TERMINATED);
        alive.add(thread);
        return thread;
    }

    /// Those that have begun and not ended.
    List<Thread> alive() {
        return alive.stream().filter(Thread::isAlive).toList();
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        await(
                _ -> {
                    while (true) {
                        LockSupport.park(this);
                        if (Thread.interrupted()) {
                            throw new InterruptedException();
                        }
                    }
                },
                nanos,
                false);
    }

    @Override
    public <T> T await(Wait<T> wait, long nanos, T late) throws InterruptedException {
        Alarm alarm = new Alarm(time + Math.max(1, nanos), alarmCount++, Thread.currentThread());
        alarms.add(alarm);
        try {
            return wait.within(FOR_EVER);
        } catch (InterruptedException e) {
            if (!alarm.hasRung) {
                throw e;
            }
            return late;
        } finally {
            alarm.isOff = true;
            if (alarm.hasRung) {
                Thread.interrupted();
            }
        }
    }

    // ---- chance ---------------------------------------------------------------------------------------------

    @Override
    public void pause(long nanosMax) {
        int kind = random.nextInt(4);
        if (kind == 0) {
            return;
        }
        if (kind == 1) {
            giveWay();
            return;
        }
        boolean isInterrupted = Thread.interrupted();
        try {
            sleep(1 + random.nextLong(nanosMax));
        } catch (InterruptedException _) {
            isInterrupted = true;
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public int some(int count) {
        return count > 1 && random.nextInt(3) == 0 ? 1 + random.nextInt(count) : count;
    }
}
