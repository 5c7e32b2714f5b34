package understudy.volume.mirror;

import java.util.concurrent.TimeUnit;

/// Platform threads, since they hang in disks, and the machine's clock.
final class MachineThreads implements Threads {

    @Override
    public long now() {
        return System.nanoTime() | 1;
    }

    @Override
    public Thread unstarted(String name, Runnable work) {
        return Thread.ofPlatform().name(name).daemon().unstarted(work);
    }

    @Override
    public void sleep(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(nanos);
    }

    @Override
    public <T> T await(Wait<T> wait, long nanos, T late) throws InterruptedException {
        return wait.within(nanos);
    }
}
