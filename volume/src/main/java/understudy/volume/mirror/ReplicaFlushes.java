package understudy.volume.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;

/// The flushes of one association on the replica's side: two threads, each of which takes all that wait into
/// one sync.
final class ReplicaFlushes {
    private static final int THREADS = 2;

    private final ReplicaStore store;
    private final FrameOutput output;
    private final Retirer retirer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition some = lock.newCondition();
    private final List<Thread> threads = new ArrayList<>();
    private List<Long> waiting = new ArrayList<>();
    private boolean isToRetire;
    private boolean isClosed;

    ReplicaFlushes(String name, ReplicaStore store, FrameOutput output, Retirer retirer, Threads machine) {
        this.store = store;
        this.output = output;
        this.retirer = retirer;
        for (int i = 0; i < THREADS; i++) {
            threads.add(machine.start(name + "-flush", this::run));
        }
    }

    /// Everything that was written before becomes durable, and then the serving side hears this number.
    void add(long number) {
        lock.lock();
        try {
            waiting.add(number);
            some.signal();
        } finally {
            lock.unlock();
        }
    }

    void retireIfNeeded() {
        if (retirer.isNeeded()) {
            lock.lock();
            try {
                isToRetire = true;
                some.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    private void run() {
        while (true) {
            List<Long> numbers;
            boolean retires;
            lock.lock();
            try {
                while (waiting.isEmpty() && !isToRetire && !isClosed) {
                    some.awaitUninterruptibly();
                }
                if (isClosed) {
                    return;
                }
                numbers = waiting;
                waiting = new ArrayList<>();
                retires = isToRetire;
                isToRetire = false;
            } finally {
                lock.unlock();
            }
            try {
                if (!numbers.isEmpty()) {
                    store.sync();
                    for (long number : numbers) {
                        output.send(Frame.FLUSHED, 0, number, 0, 0);
                    }
                }
                if (retires) {
                    retirer.retire();
                }
            } catch (DiskFailedException e) {
                tell(String.valueOf(e.getMessage()));
                return;
            } catch (IOException e) {
                return;
            }
        }
    }

    private void tell(String why) {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        try {
            output.send(Frame.FAILED, 0, 0, 0, 0, ByteBuffer.wrap(text, 0, Math.min(text.length, 1024)));
        } catch (IOException _) {
            // The association's own thread sees the end of the link.
        }
    }

    /// Waits for the threads to come back from the disk.
    void close() {
        lock.lock();
        try {
            isClosed = true;
            some.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
