package understudy.checkpoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/// The output of a guest that always has something to say, and a check of the order in which its gate is worked.
final class RecordedOutput implements GuestOutput {
    /// What the standby says in these tests.
    static final long UNTIL = System.nanoTime() + Duration.ofHours(1).toNanos();

    private final GuestHandle guest;
    private final LongSupplier confirmed;
    private final long expected;
    private final AtomicBoolean waiting = new AtomicBoolean(true);
    private final List<String> wrong = new ArrayList<>();
    private boolean gated;
    private boolean isHeldBack;
    private long sealed;
    private long released;

    /// @param confirmed the last epoch that the standby has confirmed
    RecordedOutput(GuestHandle guest, LongSupplier confirmed) {
        this(guest, confirmed, UNTIL);
    }

    /// @param expected until when what is released may leave
    RecordedOutput(GuestHandle guest, LongSupplier confirmed, long expected) {
        this.expected = expected;
        this.guest = guest;
        this.confirmed = confirmed;
    }

    @Override
    public synchronized void gate(long epoch) {
        check(!gated && sealed == 0, "gated twice, or after a seal");
        check(epoch == 1, "gated at epoch " + epoch);
        gated = true;
    }

    @Override
    public synchronized void seal() {
        check(gated, "sealed before the gate was shut");
        sealed++;
        checkStandsStill();
        waiting.set(false);
    }

    /// Every capture finds output, soon after the one before.
    @Override
    public boolean isWaiting() {
        return !waiting.getAndSet(true);
    }

    @Override
    public synchronized void release(long epoch, long until) {
        check(until == expected, "released until " + until);
        check(
                epoch == released + 1 || (isHeldBack && epoch >= released),
                "released %d after %d".formatted(epoch, released));
        check(epoch <= sealed, "released %d, sealed %d".formatted(epoch, sealed));
        long held = confirmed.getAsLong();
        check(epoch <= held, "released %d, confirmed %d".formatted(epoch, held));
        released = epoch;
    }

    /// Epochs may be released several at a time, and again: disks hold them back.
    synchronized void holdBack() {
        isHeldBack = true;
    }

    synchronized long released() {
        return released;
    }

    synchronized Optional<String> wrong() {
        return wrong.stream().findFirst();
    }

    /// Between two looks a running guest would count some thousand times.
    private void checkStandsStill() {
        int[] first = TestGuest.counts(guest);
        int[] second = TestGuest.counts(guest);
        check(Arrays.equals(first, second), "the guest runs while output is sealed");
        check(TestGuest.isOneMoment(first), "the guest's counts are not of one moment");
    }

    private void check(boolean holds, String what) {
        if (!holds) {
            wrong.add(what);
        }
    }
}
