package understudy.volume.mirror;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Where the threads of a mirror come from, and their clock: the machine's, or a simulation's, in which one
/// thread at a time runs and time passes when none can. All that a mirror starts and every wait that time
/// ends goes through here, so that a run can be repeated.
interface Threads {
    /// A time of one process in nanoseconds that is never 0, so that 0 can mean "no time"; odd.
    long now();

    /// A thread that does not keep the process alive.
    Thread unstarted(String name, Runnable work);

    default Thread start(String name, Runnable work) {
        Thread thread = unstarted(name, work);
        thread.start();
        return thread;
    }

    void sleep(long nanos) throws InterruptedException;

    /// Something that is waited for.
    interface Wait<T> {
        /// @param nanos for how long at most
        T within(long nanos) throws InterruptedException;
    }

    /// Waits for so long at most.
    ///
    /// @param late what comes of a wait that took too long
    <T> T await(Wait<T> wait, long nanos, T late) throws InterruptedException;

    /// @return whether it is done by then
    default boolean await(Future<?> future, long nanos) throws InterruptedException {
        Wait<Boolean> wait = left -> {
            try {
                future.get(left, TimeUnit.NANOSECONDS);
                return true;
            } catch (ExecutionException _) {
                return true;
            } catch (TimeoutException _) {
                return false;
            }
        };
        return await(wait, nanos, false);
    }
}
