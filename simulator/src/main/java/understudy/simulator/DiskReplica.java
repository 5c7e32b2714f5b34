package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.UUID;

/// A replica of a volume on one host's disk, with the kernel's cache in front of it. A block's content is the
/// number of the write that it holds, 0 for none.
///
/// What is asked of it is done at once, unless the disk is slow, or hangs: then one after the other, whoever asked
/// lives or not. A role begins only when all that an earlier one asked for is done.
final class DiskReplica {
    static final int BLOCKS = 8;

    /// A disk that leaves a request unanswered for so long passes for dead.
    static final long DEADLINE = 2 * Schedule.SECOND;

    private record Request(long since, Runnable work) {}

    private final UUID id;
    private final long[] written = new long[BLOCKS];
    private final long[] durable = new long[BLOCKS];
    private boolean failing;
    private long lostPowerAt = -1;
    private final Deque<Request> waiting = new ArrayDeque<>();
    private long latency;
    private boolean hanging;
    private long hangsSince;

    /// What was begun before it went up is void.
    private long begun;

    DiskReplica(UUID id) {
        this.id = id;
    }

    UUID id() {
        return id;
    }

    /// Whether it passes for alive.
    boolean works(long nowNanos) {
        boolean isLate = !waiting.isEmpty() && nowNanos - waiting.getFirst().since() > DEADLINE;
        return !failing && !isLate && !(hanging && nowNanos - hangsSince > DEADLINE);
    }

    void failing(boolean now) {
        failing = now;
        if (now) {
            forget();
        }
    }

    /// Whether everything that was asked of it is done.
    boolean isIdle() {
        return waiting.isEmpty();
    }

    /// Whether it does at once what it is asked for.
    boolean isPrompt() {
        return latency == 0 && !hanging && waiting.isEmpty();
    }

    /// Whether nothing keeps it from being that.
    boolean isSound() {
        return latency == 0 && !hanging;
    }

    /// From here on each request takes so long.
    void slow(long nanos) {
        latency = nanos;
    }

    /// From here on nothing is answered.
    void hang(long nowNanos) {
        hanging = true;
        hangsSince = nowNanos;
    }

    /// It works as fast as ever, and begins with what waits.
    ///
    /// @param nanos how long it takes until the first of that is done
    void recover(Schedule schedule, long nanos) {
        latency = 0;
        hanging = false;
        begin(schedule, nanos);
    }

    /// As a planted bug has it: what waits is done later, and what comes meanwhile before it.
    void overtake(Schedule schedule, long nanos) {
        List<Request> late = List.copyOf(waiting);
        forget();
        if (!late.isEmpty()) {
            schedule.after(nanos, () -> late.forEach(it -> it.work().run()));
        }
    }

    /// Does something on the disk when everything before it is done; never, if the disk fails or loses its power.
    void perform(Schedule schedule, Runnable work) {
        if (isPrompt()) {
            work.run();
            return;
        }
        waiting.addLast(new Request(schedule.nowNanos(), work));
        if (waiting.size() == 1) {
            begin(schedule, latency);
        }
    }

    private void begin(Schedule schedule, long nanos) {
        long of = ++begun;
        if (!waiting.isEmpty()) {
            schedule.after(nanos, () -> {
                if (of == begun && !hanging) {
                    waiting.removeFirst().work().run();
                    begin(schedule, latency);
                }
            });
        }
    }

    private void forget() {
        waiting.clear();
        begun++;
    }

    long read(int block) {
        return written[block];
    }

    long durable(int block) {
        return durable[block];
    }

    void write(int block, long content) {
        written[block] = content;
    }

    void flush() {
        System.arraycopy(written, 0, durable, 0, BLOCKS);
    }

    /// When its cache was last lost; -1 for never.
    long lostPowerAt() {
        return lostPowerAt;
    }

    /// Of what was not flushed some is there and some is not.
    void losePower(Dice dice, long nowNanos) {
        lostPowerAt = nowNanos;
        forget();
        for (int block = 0; block < BLOCKS; block++) {
            if (written[block] != durable[block] && dice.chance(0.5)) {
                written[block] = durable[block];
            }
        }
        flush();
    }

    @Override
    public String toString() {
        return Arrays.toString(written);
    }
}
