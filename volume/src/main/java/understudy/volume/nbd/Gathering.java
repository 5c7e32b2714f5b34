package understudy.volume.nbd;

import java.util.function.LongSupplier;

/// Decides when to let requests gather before they are received.
///
/// A server that is faster than its client finds one or two requests at a time, and pays a few system calls for
/// each. A client that keeps many under way has enough to do with the answers that it got: left alone for a moment it
/// loses nothing, and then its requests are one batch, and so are their answers. Whether it is such a client shows in
/// whether as many requests came during a rest as come without. One that waits for its answers sends fewer, and is
/// answered without rests again.
///
/// Requests that carry data are not waited for: soon their client's socket is full, and it cannot go on.
final class Gathering {

    /// From so many requests it is told how they come without rests.
    static final int WINDOW = 512;

    /// For so many requests that is believed.
    static final int BELIEVED = 16 * WINDOW;

    /// Requests further apart are worth their system calls.
    private static final long APART_NANOS_MAX = 20_000;

    /// Batches of more requests, on average, come by themselves, from a server that is slower than its client.
    private static final int BATCH_MAX = 8;

    private static final int CREDIT_MAX = 4;

    private final LongSupplier clock;
    private long began;
    private int requests;
    private int batches;
    private boolean carryData;

    /// How far apart requests come without rests, in nanoseconds; 0 while that is being found out, or rests are no use.
    private long apart;

    private int credit;
    private long rested;
    private int beforeRest;

    /// @param clock in nanoseconds from any moment
    Gathering(LongSupplier clock) {
        this.clock = clock;
        began = clock.getAsLong();
    }

    /// Something was taken up of what was received.
    ///
    /// @param bytes with the data
    void took(int bytes) {
        requests++;
        carryData |= bytes > Request.HEADER_BYTES;
    }

    /// All that was received is taken up, and more is to be.
    ///
    /// @return whether to rest before
    boolean isRestDue() {
        judgeRest();
        if (requests >= (apart == 0 ? WINDOW : BELIEVED)) {
            judgeWindow();
        }
        batches++;
        return credit > 0;
    }

    private void judgeRest() {
        if (rested > 0) {
            boolean paid = !carryData && (requests - beforeRest) * apart >= rested - rested / 4;
            credit = paid ? Math.min(credit + 1, CREDIT_MAX) : credit - 1;
            rested = 0;
        }
    }

    private void judgeWindow() {
        long now = clock.getAsLong();
        long each = Math.max(1, (now - began) / requests);
        boolean isOfUse = apart == 0 && !carryData && each <= APART_NANOS_MAX && requests <= (long) BATCH_MAX * batches;
        apart = isOfUse ? each : 0;
        credit = isOfUse ? CREDIT_MAX : 0;
        began = now;
        requests = 0;
        batches = 0;
        carryData = false;
    }

    /// @param nanos how long a rest was
    void rested(long nanos) {
        rested = nanos;
        beforeRest = requests;
    }
}
