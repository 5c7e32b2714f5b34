package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.LinuxException;
import understudy.linux.StreamSocket;

/// The way out to one client.
///
/// At most one thread sends at a time, without holding the lock; the others leave their replies in the queue,
/// which the sender empties before it stops sending. Threads of the volume never wait for the client: when the
/// socket is full, a thread of its own (from `drains`) sends the rest. The worker may wait, since nobody waits
/// for it.
///
/// The queue is bounded: the worker takes no more requests while it is long ([#awaitRoom]), and reads that others
/// will answer count against it beforehand ([#awaitBudget]). A client that makes it overflow all the same is cut
/// off.
final class Outbox {

    /// Data of replies that wait to be sent or to be answered by other threads; one read may exceed it.
    static final int BUDGET_BYTES = 32 << 20;

    /// The worker reads no requests while more waits to be sent.
    private static final int BACKLOG_BYTES_MAX = 1 << 20;

    private static final int QUEUE_BYTES_MAX = 2 * BUDGET_BYTES + (1 << 20);

    /// Replies of a run leave when there are so many bytes of them, or when the run ends.
    private static final int FLUSH_BYTES = 256 << 10;

    /// A wait that ends by what is signalled: an answer, room, or the connection being cut off.
    static final Duration FOR_EVER = Duration.ofDays(365);

    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

    private final StreamSocket socket;
    private final String name;
    private final Executor drains;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    // All below is guarded by the lock, save that the sender alone uses `flight`.
    private Buffer queue = new Buffer();
    private Buffer flight = new Buffer();
    private int queued;
    private int flying;
    private boolean sending;
    private boolean broken;
    private boolean closed;
    private int expected;

    /// Bytes that wait to be sent, or that others will still leave here.
    private volatile int backlog;

    Outbox(StreamSocket socket, String name, Executor drains) {
        this.socket = socket;
        this.name = name;
        this.drains = drains;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /// Under the lock: room for `bytes`, to be written at the answered place of [#memory] at once and confirmed
    /// by [#add].
    ///
    /// @return the place, or −1 if nothing more can be sent
    int room(int bytes) {
        if (closed || broken) {
            return -1;
        }
        if (queued + bytes > QUEUE_BYTES_MAX) {
            LOG.warn("{}: cut off: {} bytes of replies wait for it", name, queued);
            breakOff();
            return -1;
        }
        if (queued + bytes > queue.capacity()) {
            queue.move(0, queued, Math.max(queued + bytes, Math.min(2 * queued, QUEUE_BYTES_MAX)));
        }
        return queued;
    }

    /// Under the lock.
    MemorySegment memory() {
        return queue.memory();
    }

    /// Under the lock: `bytes` stand at the place of [#room].
    void add(int bytes) {
        queued += bytes;
        count();
    }

    /// Under the lock: the reply to a read will come from elsewhere, or has come and is expected no more.
    void expect(int bytes) {
        expected += bytes;
        count();
    }

    /// Under the lock: tells the worker, if it waits, that an answer has been given.
    void signal() {
        moved.signalAll();
    }

    /// Under the lock: whether replies of a run should leave before it ends.
    boolean isLong() {
        return queued > FLUSH_BYTES;
    }

    private void count() {
        backlog = queued + flying + expected;
    }

    /// Sends what is queued, without waiting: what the socket does not take is left to a thread of its own.
    void flush() {
        lock.lock();
        try {
            if (sending || queued == 0 || broken || closed) {
                return;
            }
            sending = true;
        } finally {
            lock.unlock();
        }
        sendQueue(false);
    }

    /// For the worker: sends its own replies and what is queued; waits while the client does not read.
    void send(Buffer own, int length) {
        lock.lock();
        try {
            if (sending && length <= FLUSH_BYTES) {
                append(own.memory(), length);
                return;
            }
            while (sending) {
                moved.awaitUninterruptibly();
            }
            if (broken) {
                return;
            }
            sending = true;
        } finally {
            lock.unlock();
        }
        if (transmit(own.memory(), 0, length, true) < length) {
            stopSending();
        } else {
            sendQueue(true);
        }
    }

    private void append(MemorySegment from, int length) {
        int at = room(length);
        if (at >= 0) {
            MemorySegment.copy(from, 0, queue.memory(), at, length);
            add(length);
        }
    }

    /// By the sender: until nothing is queued, or somebody else goes on.
    private void sendQueue(boolean wait) {
        while (takeQueue()) {
            int length = flying;
            int sent = transmit(flight.memory(), 0, length, wait);
            if (sent < length) {
                // Without waiting, the socket is full or broken: the other thread will see which.
                if (wait) {
                    stopSending();
                } else {
                    drains.execute(() -> drain(sent, length));
                }
                return;
            }
        }
    }

    private void drain(int from, int to) {
        if (transmit(flight.memory(), from, to, true) < to) {
            stopSending();
        } else {
            sendQueue(true);
        }
    }

    /// Makes the queue what is in flight, and an empty one the queue; or ends the sending if there is none.
    private boolean takeQueue() {
        lock.lock();
        try {
            flying = 0;
            if (queued == 0 || broken) {
                sending = false;
                flight.shrink();
                count();
                moved.signalAll();
                return false;
            }
            Buffer next = queue;
            queue = flight;
            flight = next;
            flying = queued;
            queued = 0;
            count();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void stopSending() {
        lock.lock();
        try {
            sending = false;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// @return how far it came; short of `to` only if the socket is full (without `wait`) or broken
    private int transmit(MemorySegment from, int at, int to, boolean wait) {
        int sent = at;
        try {
            while (sent < to) {
                int taken = socket.send(from, sent, to - sent, wait);
                if (taken == 0 && !wait) {
                    return sent;
                }
                sent += taken;
            }
        } catch (LinuxException e) {
            LOG.debug("{}: {}", name, e.getMessage());
            cut();
        }
        return sent;
    }

    /// Under the lock: nothing is sent any more, and the worker finds the end of its input.
    private void breakOff() {
        broken = true;
        queued = 0;
        count();
        socket.shutdown();
        moved.signalAll();
    }

    /// Sends nothing any more and ends all waits.
    void cut() {
        lock.lock();
        try {
            breakOff();
        } finally {
            lock.unlock();
        }
    }

    /// Under the lock: whether nothing can be sent any more.
    boolean isBroken() {
        return broken;
    }

    /// For the worker: waits until the client has read most of what was sent.
    void awaitRoom() {
        if (backlog > BACKLOG_BYTES_MAX) {
            boolean _ = await(() -> queued + flying <= BACKLOG_BYTES_MAX || broken, FOR_EVER);
        }
    }

    /// For the worker: whether a read of `bytes` may be left to others to answer.
    boolean hasBudget(int bytes) {
        int now = backlog;
        return now == 0 || now + bytes <= BUDGET_BYTES;
    }

    /// For the worker: waits for [#hasBudget].
    void awaitBudget(int bytes) {
        boolean _ = await(() -> hasBudget(bytes) || broken, FOR_EVER);
    }

    /// For the worker: waits for a state that is guarded by the lock and signalled.
    ///
    /// @return whether it came in time
    boolean await(BooleanSupplier state, Duration timeLimit) {
        lock.lock();
        try {
            long rest = timeLimit.toNanos();
            while (!state.getAsBoolean()) {
                if (rest <= 0) {
                    return false;
                }
                rest = moved.awaitNanos(rest);
            }
            return true;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /// Under the lock.
    boolean isDrained() {
        return broken || (!sending && queued == 0);
    }

    /// Nothing is sent after this has returned, and the memory is free. The socket must have been shut down, so
    /// that whoever sends finds out.
    void close() {
        lock.lock();
        try {
            closed = true;
            while (sending) {
                moved.awaitUninterruptibly();
            }
            queue.free();
            flight.free();
        } finally {
            lock.unlock();
        }
    }
}
