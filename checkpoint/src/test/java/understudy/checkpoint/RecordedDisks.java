package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// Disks of which every epoch writes something, and both ends of their stream.
final class RecordedDisks implements GuestDisks, KeptDisks {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private final AtomicReference<Listener> listener = new AtomicReference<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<Long> kept = new ArrayList<>();
    private Optional<GuestHandle> guest = Optional.empty();
    private long sealed;
    private long committed;
    private long told;
    private long applied;
    private long safe = Long.MAX_VALUE;
    private boolean isLetThrough;
    private boolean isBusy;
    private boolean isSettled;

    synchronized void of(GuestHandle handle) {
        guest = Optional.of(handle);
    }

    /// What was written before it began is not answered until [#settle].
    synchronized void keepBusy() {
        isBusy = true;
    }

    void settle() {
        synchronized (this) {
            isSettled = true;
        }
        listener.get().settled();
    }

    synchronized boolean hasBegun() {
        return listener.get() != null;
    }

    /// Flushes of epochs after this one are not answered by the disks.
    synchronized void safeUpTo(long epoch) {
        safe = epoch;
    }

    void tellDurable(long epoch) {
        safeUpTo(epoch);
        listener.get().durable();
    }

    void tellApplied(long segment) {
        listener.get().applied(segment);
    }

    synchronized long told() {
        return told;
    }

    synchronized long applied() {
        return applied;
    }

    synchronized long committed() {
        return committed;
    }

    synchronized List<Long> kept() {
        return List.copyOf(kept);
    }

    synchronized Optional<String> wrong() {
        return wrong.stream().findFirst();
    }

    @Override
    public void begin(Listener told) {
        boolean isDone;
        synchronized (this) {
            check(listener.getAndSet(told) == null, "begun twice");
            isDone = !isBusy;
        }
        if (isDone) {
            settle();
        }
    }

    @Override
    public synchronized void letThrough() {
        isLetThrough = true;
    }

    @Override
    public synchronized void holdBack() {
        isLetThrough = false;
    }

    @Override
    public synchronized Sealed seal(long epoch) {
        check(isSettled, "paused before what was written had been answered");
        check(isLetThrough, "the guest was paused while answers could be held back");
        check(epoch == sealed + 1, "sealed %d after %d".formatted(epoch, sealed));
        isLetThrough = false;
        sealed = epoch;
        checkStandsStill();
        return new Sealed() {
            @Override
            public long bytes() {
                return Long.BYTES;
            }

            @Override
            public void writeTo(MemorySegment into) {
                into.set(LONG, 0, epoch);
            }
        };
    }

    @Override
    public synchronized void committed(long epoch) {
        check(kept.contains(epoch), "%d is committed, and kept are %s".formatted(epoch, kept));
        committed = epoch;
    }

    @Override
    public synchronized void told(long segment) {
        check(segment <= applied, "told of %d, applied %d".formatted(segment, applied));
        told = segment;
    }

    @Override
    public synchronized long durable() {
        return safe;
    }

    @Override
    public Arrival arrived(MemorySegment writes) throws IOException {
        if (writes.byteSize() != Long.BYTES) {
            throw new IOException("writes of " + writes.byteSize() + " bytes");
        }
        long epoch = writes.get(LONG, 0);
        return () -> {
            synchronized (this) {
                kept.add(epoch);
            }
        };
    }

    @Override
    public synchronized void applied(long segment) {
        applied = segment;
    }

    private void checkStandsStill() {
        guest.ifPresent(it -> check(
                Arrays.equals(TestGuest.counts(it), TestGuest.counts(it)),
                "the guest runs while its writes are sealed"));
    }

    private void check(boolean holds, String what) {
        if (!holds) {
            wrong.add(what);
        }
    }
}
