package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import understudy.volume.Geometry;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A guest's way to one of its disks. Requests are numbered as they are made.
final class GuestDisk implements LaneClient, AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long LOOK_NANOS = 20_000;
    private static final int PAYLOADS_BYTES = 1 << 20;

    private final Lane lane;
    private final Map<Integer, Answer> answers = new HashMap<>();
    private final Arena arena = Arena.ofShared();
    private MemorySegment payloads = arena.allocate(PAYLOADS_BYTES, 64);
    private long used;
    private int requests;
    private int threadsLost;

    /// What came of a request.
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    record Answer(Optional<Failure> failure, byte[] data) {}

    GuestDisk(Volume disk) {
        lane = disk.open(this);
    }

    Lane lane() {
        return lane;
    }

    private synchronized int next() {
        return ++requests;
    }

    /// @return the request's number
    int read(long offset, int length) {
        int request = next();
        MemorySegment target = Arena.ofAuto().allocate(length);
        if (lane.read(request, offset, target)) {
            answer(request, new Answer(Optional.empty(), target.toArray(ValueLayout.JAVA_BYTE)));
        }
        return request;
    }

    int write(long offset, byte[] data, boolean durable) {
        int request = next();
        if (used + Geometry.HEADROOM_BYTES + data.length > payloads.byteSize()) {
            payloads = arena.allocate(Math.max(PAYLOADS_BYTES, data.length + 64L), 64);
            used = 0;
        }
        MemorySegment payload = payloads.asSlice(used + Geometry.HEADROOM_BYTES, data.length);
        used += Geometry.HEADROOM_BYTES + data.length;
        MemorySegment.copy(data, 0, payload, ValueLayout.JAVA_BYTE, 0, data.length);
        lane.write(request, offset, payload, durable);
        return request;
    }

    int zero(long offset, long length, boolean mayPunch, boolean durable) {
        int request = next();
        lane.zero(request, offset, length, mayPunch, durable);
        return request;
    }

    int trim(long offset, long length, boolean durable) {
        int request = next();
        lane.trim(request, offset, length, durable);
        return request;
    }

    int flush() {
        int request = next();
        lane.flush(request);
        return request;
    }

    /// What was written may be overwritten afterwards.
    void end() {
        lane.end();
        payloads.asSlice(0, used).fill((byte) 0xDD);
        used = 0;
    }

    synchronized boolean isAnswered(int request) {
        return answers.containsKey(request);
    }

    /// Waits for an answer, and for it to be good.
    byte[] await(int request) {
        Answer answer = awaitAnswer(request);
        assertThat(answer.failure()).isEmpty();
        return answer.data();
    }

    synchronized Answer awaitAnswer(int request) {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!answers.containsKey(request)) {
            long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("request %d is not answered".formatted(request));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return answers.get(request);
    }

    byte[] readNow(long offset, int length) {
        return await(read(offset, length));
    }

    private synchronized void answer(int request, Answer answer) {
        if (answers.put(request, answer) != null) {
            throw new AssertionError("request %d was answered twice".formatted(request));
        }
        notifyAll();
    }

    @Override
    public void done(int request) {
        answer(request, new Answer(Optional.empty(), new byte[0]));
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        answer(request, new Answer(Optional.empty(), data.toArray(ValueLayout.JAVA_BYTE)));
    }

    @Override
    public void failed(int request, Failure failure) {
        answer(request, new Answer(Optional.of(failure), new byte[0]));
    }

    @Override
    public void flushReplies() {}

    @Override
    public synchronized void threadLost() {
        threadsLost++;
    }

    synchronized int threadsLost() {
        return threadsLost;
    }

    @Override
    public void close() {
        lane.close();
    }

    /// Waits for what another thread does.
    static void awaitTrue(String what, BooleanSupplier is) {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!is.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError(what);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
