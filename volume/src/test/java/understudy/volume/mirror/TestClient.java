package understudy.volume.mirror;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import understudy.volume.Geometry;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A client of a lane for tests: one thread of its own at a time uses the lane, as an NBD connection's would;
/// when that thread is lost another one goes on.
final class TestClient implements LaneClient, AutoCloseable {
    private final Lane lane;
    private final Threads threads;
    private final Arena arena = Arena.ofShared();
    private final AtomicInteger requests = new AtomicInteger();
    private final Map<Integer, CompletableFuture<byte[]>> answers = new ConcurrentHashMap<>();
    private volatile Worker worker;
    volatile int threadsLost;

    TestClient(Volume volume) {
        this(volume, new MachineThreads());
    }

    TestClient(Volume volume, Threads threads) {
        this.threads = threads;
        lane = volume.open(this);
        worker = new Worker(lane, threads);
    }

    /// What is done on the lane, one after the other: what stands in the queue together is one batch.
    private static final class Worker {
        private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();

        Worker(Lane lane, Threads threads) {
            threads.start("client", () -> {
                try {
                    while (true) {
                        Optional<Runnable> next = Optional.ofNullable(queue.poll());
                        if (next.isEmpty()) {
                            lane.end();
                        }
                        (next.isPresent() ? next.get() : queue.take()).run();
                    }
                } catch (LaneAbandonedException | InterruptedException _) {
                    // Another worker has taken over.
                }
            });
        }
    }

    /// What is asked for from now on is one batch, which begins with the latch.
    CountDownLatch holdBack() {
        CountDownLatch latch = new CountDownLatch(1);
        worker.queue.add(() -> {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        return latch;
    }

    CompletableFuture<byte[]> write(long offset, byte[] data) {
        return write(offset, data, false);
    }

    CompletableFuture<byte[]> write(long offset, byte[] data, boolean durable) {
        int request = requests.incrementAndGet();
        CompletableFuture<byte[]> answer = expect(request);
        worker.queue.add(() -> {
            MemorySegment memory = arena.allocate(Geometry.HEADROOM_BYTES + data.length, 8);
            MemorySegment payload = memory.asSlice(Geometry.HEADROOM_BYTES);
            payload.copyFrom(MemorySegment.ofArray(data));
            lane.write(request, offset, payload, durable);
        });
        return answer;
    }

    CompletableFuture<byte[]> zero(long offset, long length) {
        int request = requests.incrementAndGet();
        CompletableFuture<byte[]> answer = expect(request);
        worker.queue.add(() -> lane.zero(request, offset, length, true, false));
        return answer;
    }

    CompletableFuture<byte[]> flush() {
        int request = requests.incrementAndGet();
        CompletableFuture<byte[]> answer = expect(request);
        worker.queue.add(() -> lane.flush(request));
        return answer;
    }

    CompletableFuture<byte[]> read(long offset, int length) {
        int request = requests.incrementAndGet();
        CompletableFuture<byte[]> answer = expect(request);
        worker.queue.add(() -> {
            MemorySegment target = arena.allocate(length, 8);
            if (lane.read(request, offset, target)) {
                answers.remove(request);
                answer.complete(target.toArray(ValueLayout.JAVA_BYTE));
            }
        });
        return answer;
    }

    /// Asks what is allocated. Nobody hears the answer.
    void askForAllocation(long offset, int length) {
        worker.queue.add(() -> {
            var _ = lane.allocation(offset, length, 8);
        });
    }

    private CompletableFuture<byte[]> expect(int request) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        answers.put(request, answer);
        return answer;
    }

    /// The serving side is gone: what was not answered never will be.
    void abandon() {
        stop();
        answers.values().forEach(answer -> answer.cancel(false));
    }

    private void stop() {
        worker.queue.add(() -> {
            throw new LaneAbandonedException();
        });
    }

    /// Waits for an answer, for long, and not for ever.
    static byte[] await(CompletableFuture<byte[]> answer) {
        try {
            return answer.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void done(int request) {
        answer(request).complete(new byte[0]);
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        answer(request).complete(data.toArray(ValueLayout.JAVA_BYTE));
    }

    private CompletableFuture<byte[]> answer(int request) {
        CompletableFuture<byte[]> answer = answers.remove(request);
        if (answer == null) {
            throw new AssertionError("request " + request + " is answered twice");
        }
        return answer;
    }

    @Override
    public void failed(int request, Failure failure) {
        answer(request).completeExceptionally(new IllegalStateException(failure.toString()));
    }

    @Override
    public void flushReplies() {}

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one watchdog
    public void threadLost() {
        threadsLost++;
        Worker lost = worker;
        worker = new Worker(lane, threads);
        lost.queue.drainTo(worker.queue);
    }

    @Override
    public void close() {
        lane.close();
        stop();
    }
}
