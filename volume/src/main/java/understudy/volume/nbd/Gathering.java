package understudy.volume.nbd;

import java.util.function.LongSupplier;

/// Decides when to let requests gather before they are received.
///
/// A server that is faster than its client finds one or two requests at a time, and pays a few system calls for
/// each. A client that keeps many under way has enough to do with the answers that it got: left alone for a moment it
/// loses nothing, and then its requests are one batch, and so are their answers. A client that waits for its answers
/// loses by each rest. Which of them it is, is measured: how far apart requests come without rests, and then with
/// them, a window each, and again and again; rests that make them come later are left off for long.
///
/// A server that is slower than its client has large batches by itself, and never rests. Requests that carry data are
/// not waited for: soon their client's socket is full, and it cannot go on.
final class Gathering {

    /// In requests.
    private static final int WINDOW = 512;

    /// After so many windows with rests there is one without.
    private static final int WITH_MAX = 16;

    /// So many windows in a row in which requests come later with rests are no chance, unless it is much later at once:
    /// the machine has others to serve.
    private static final int HARM_MAX = 3;

    /// For so many windows there are no rests then.
    private static final int OFF = 32;

    /// Requests further apart are worth their system calls.
    private static final long APART_NANOS_MAX = 20_000;

    /// Batches of more requests, on average, are large enough.
    private static final int BATCH_MAX = 8;

    /// Rests that may bring less than two requests, one after the other, before they are left off.
    private static final int CREDIT_MAX = 4;

    private final LongSupplier clock;
    private Stage stage = Stage.WITHOUT;
    private int windowsLeft;

    // Of this window.
    private long began;
    private int requests;
    private int batches;
    private boolean carryData;

    /// How far apart requests came in the last window without rests, in nanoseconds.
    private long apart;

    private int credit;
    private int harm;
    private boolean isRested;
    private int beforeRest;

    private enum Stage {
        WITHOUT,
        WITH,
        OFF
    }

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
        if (isRested) {
            isRested = false;
            credit = requests - beforeRest > 1 ? CREDIT_MAX : credit - 1;
        }
        if (stage == Stage.WITH && (credit <= 0 || carryData)) {
            next(Stage.OFF, OFF);
        } else if (requests >= WINDOW) {
            judgeWindow();
        }
        batches++;
        isRested = stage == Stage.WITH;
        beforeRest = requests;
        return isRested;
    }

    private void judgeWindow() {
        long each = (clock.getAsLong() - began) / requests;
        switch (stage) {
            case WITHOUT -> {
                boolean isOfUse = !carryData && each <= APART_NANOS_MAX && requests <= (long) BATCH_MAX * batches;
                apart = each;
                credit = CREDIT_MAX;
                harm = 0;
                next(isOfUse ? Stage.WITH : Stage.WITHOUT, WITH_MAX);
            }
            case WITH -> {
                boolean isHarm = each > apart + apart / 16;
                boolean isGreat = each > apart + apart / 2;
                harm = isGreat ? HARM_MAX : isHarm ? harm + 1 : 0;
                boolean isOver = harm >= HARM_MAX;
                next(isOver ? Stage.OFF : after(Stage.WITH), isOver ? OFF : windowsLeft - 1);
            }
            case OFF -> next(after(Stage.OFF), windowsLeft - 1);
        }
    }

    private Stage after(Stage now) {
        return windowsLeft > 1 ? now : Stage.WITHOUT;
    }

    private void next(Stage then, int windows) {
        stage = then;
        windowsLeft = windows;
        began = clock.getAsLong();
        requests = 0;
        batches = 0;
        carryData = false;
    }
}
