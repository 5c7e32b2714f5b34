package understudy.linux;

import java.util.concurrent.locks.LockSupport;

/// Sleeps of some microseconds. Linux ends a thread's sleeps up to 50 µs late, so that the processor wakes up less
/// often, unless the thread says that it wants none of that (prctl(2), `PR_SET_TIMERSLACK`).
///
/// Threads: one, whose other timed waits end in time, too, from its first sleep on.
public final class ShortSleep {
    private boolean isSet;

    /// Sleeps for about so long: longer by what it takes to wake up, or less if the thread is unparked.
    public void sleep(long nanos) {
        if (!isSet) {
            isSet = true;
            Libc.setTimerSlack(1);
        }
        LockSupport.parkNanos(nanos);
    }
}
