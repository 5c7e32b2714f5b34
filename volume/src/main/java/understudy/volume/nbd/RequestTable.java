package understudy.volume.nbd;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import understudy.volume.LaneClient.Failure;

/// The requests of one connection that are with the volume: a bounded table, whose slots are the numbers by which
/// the volume knows them.
///
/// Threads: the worker takes slots and gives back those that it answers itself; all others give slots back under
/// the lock of the [Outbox], and there the worker fetches them when it has none left.
final class RequestTable {

    /// How many requests of one connection may be unanswered; with more, nothing is read from it.
    static final int SLOTS = 1024;

    /// What an answer was.
    enum Answer {
        /// The request is answered, and the slot is the caller's to reply for and to give back.
        LAST,
        /// Other pieces of the request are still to be answered.
        PIECE,
        /// It was answered before, which is a mistake.
        TWICE
    }

    private final long[] cookies = new long[SLOTS];
    private final long[] offsets = new long[SLOTS];
    private final int[] lengths = new int[SLOTS];
    private final boolean[] reads = new boolean[SLOTS];
    private final boolean[] partial = new boolean[SLOTS];
    private final @Nullable Failure[] failures = new Failure[SLOTS];

    /// Slots that are not free: set by the worker, cleared by whoever gives them back.
    private final boolean[] taken = new boolean[SLOTS];

    /// How many answers are missing. Whoever gives the last one replies, and nobody else does.
    private final AtomicIntegerArray missing = new AtomicIntegerArray(SLOTS);

    private final int[] free = new int[SLOTS];
    private int freeCount;
    private final int[] returned = new int[SLOTS];
    private int returnedCount;

    RequestTable() {
        for (int i = 0; i < SLOTS; i++) {
            free[i] = SLOTS - 1 - i; // the lowest numbers are taken first
        }
        freeCount = SLOTS;
    }

    /// For the worker.
    boolean hasFree() {
        return freeCount > 0;
    }

    /// For the worker, which has seen that there is one.
    int take(Request request) {
        boolean isRead = request.command() == Nbd.CMD_READ;
        return take(request.cookie(), request.offset(), (int) request.length(), isRead, false);
    }

    /// For the worker, as [#take(Request)]: a piece of a read.
    ///
    /// @param isPartial whether other pieces follow
    int takePiece(long cookie, long offset, int length, boolean isPartial) {
        return take(cookie, offset, length, true, isPartial);
    }

    private int take(long cookie, long offset, int length, boolean isRead, boolean isPartial) {
        int slot = free[--freeCount];
        cookies[slot] = cookie;
        offsets[slot] = offset;
        lengths[slot] = length;
        reads[slot] = isRead;
        partial[slot] = isPartial;
        failures[slot] = null;
        taken[slot] = true;
        missing.setRelease(slot, 1);
        return slot;
    }

    /// For the worker: a request whose end has not yet come will have one more answer.
    void addPiece(int slot) {
        missing.incrementAndGet(slot);
    }

    /// Somebody has an answer.
    Answer answer(int slot) {
        int before = missing.get(slot);
        while (before > 0 && !missing.compareAndSet(slot, before, before - 1)) {
            before = missing.get(slot);
        }
        return before > 1 ? Answer.PIECE : before == 1 ? Answer.LAST : Answer.TWICE;
    }

    /// As [#answer], when the request or a piece of it failed.
    Answer fail(int slot, Failure failure) {
        if (missing.get(slot) > 0) {
            failures[slot] = failure;
        }
        return answer(slot);
    }

    /// Why a request that is answered has failed, if any piece of it has.
    Optional<Failure> failure(int slot) {
        return Optional.ofNullable(failures[slot]);
    }

    /// For the worker.
    void giveBack(int slot) {
        taken[slot] = false;
        free[freeCount++] = slot;
    }

    /// For others, under the outbox's lock.
    void giveBackFromElsewhere(int slot) {
        taken[slot] = false;
        returned[returnedCount++] = slot;
    }

    /// For the worker, under the outbox's lock: fetches what others gave back.
    void fetch() {
        System.arraycopy(returned, 0, free, freeCount, returnedCount);
        freeCount += returnedCount;
        returnedCount = 0;
    }

    /// For the worker, under the outbox's lock: whether the slot's reply has yet to come.
    boolean isTaken(int slot) {
        return taken[slot];
    }

    /// For the worker, under the outbox's lock: whether no request is with the volume.
    boolean isEmpty() {
        return freeCount + returnedCount == SLOTS;
    }

    long cookie(int slot) {
        return cookies[slot];
    }

    long offset(int slot) {
        return offsets[slot];
    }

    /// Of a read or write in bytes; of others, its low 32 bits.
    int length(int slot) {
        return lengths[slot];
    }

    boolean isRead(int slot) {
        return reads[slot];
    }

    /// Whether it is a piece of a read that others follow.
    boolean isPartial(int slot) {
        return partial[slot];
    }
}
