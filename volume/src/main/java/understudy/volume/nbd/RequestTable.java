package understudy.volume.nbd;

import java.util.concurrent.atomic.AtomicIntegerArray;

/// The requests of one connection that are with the volume: a bounded table, whose slots are the numbers by which
/// the volume knows them.
///
/// Threads: the worker takes slots and gives back those that it answers itself; all others give slots back under
/// the lock of the [Outbox], and there the worker fetches them when it has none left.
final class RequestTable {

    /// How many requests of one connection may be unanswered; with more, nothing is read from it.
    static final int SLOTS = 1024;

    private static final int FREE = 0;
    private static final int PENDING = 1;

    private final long[] cookies = new long[SLOTS];
    private final long[] offsets = new long[SLOTS];
    private final int[] lengths = new int[SLOTS];
    private final boolean[] reads = new boolean[SLOTS];

    /// Whoever moves a slot from pending to free answers it, and nobody else does.
    private final AtomicIntegerArray states = new AtomicIntegerArray(SLOTS);

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
        int slot = free[--freeCount];
        cookies[slot] = request.cookie();
        offsets[slot] = request.offset();
        lengths[slot] = (int) request.length();
        reads[slot] = request.command() == Nbd.CMD_READ;
        states.setRelease(slot, PENDING);
        return slot;
    }

    /// @return whether the request was unanswered, and is now the caller's to answer and to give back
    boolean claim(int slot) {
        return states.compareAndSet(slot, PENDING, FREE);
    }

    /// For the worker.
    void giveBack(int slot) {
        free[freeCount++] = slot;
    }

    /// For others, under the outbox's lock.
    void giveBackFromElsewhere(int slot) {
        returned[returnedCount++] = slot;
    }

    /// For the worker, under the outbox's lock: fetches what others gave back.
    void fetch() {
        System.arraycopy(returned, 0, free, freeCount, returnedCount);
        freeCount += returnedCount;
        returnedCount = 0;
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
}
