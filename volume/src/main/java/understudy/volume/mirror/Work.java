package understudy.volume.mirror;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaStore;

/// What one thread does for a lane: the mutations that were recorded for the next end of a batch, and, for the
/// watchdog, since when it is in the local disk.
///
/// A thread that does not come back from the disk loses its lane to another one, which begins with work of its
/// own; this object stays the lost thread's, and whatever it was at is seen to by a rescuer ([MirroredVolume]).
final class Work {
    private static final int COUNT_FIRST = 64;
    /// In place of a request: the piece of one whose later piece answers.
    static final int PIECE = -1;

    final MirrorLane lane;
    private MemorySegment[] payloads = new MemorySegment[COUNT_FIRST];
    private int[] requests = new int[COUNT_FIRST];
    private long[] offsets = new long[COUNT_FIRST];
    private long[] lengths = new long[COUNT_FIRST];
    private byte[] flags = new byte[COUNT_FIRST];
    private int count;
    private int[] flushes = new int[COUNT_FIRST];
    private int flushCount;
    private boolean isSpoiled;

    private static final int WRITES = 1;
    private static final int PUNCHES = 2;
    private static final int LASTS = 4;
    private static final int SPOILED = 8;

    /// The thread's way into the local disk.
    final DiskCall disk;

    /// Whether the thread is the one that uses the lane; not that of a rescuer.
    final boolean isClients;

    /// The read under way, for the rescuer; -1 if the thread is not in a read.
    int readRequest = -1;

    long readOffset;
    long readLength;

    /// How far [Mutations#carry] has come, for the rescuer.
    int carried;

    int upTo;

    Optional<Route> route = Optional.empty();
    Optional<Batch> batch = Optional.empty();
    private final CountDownLatch rescued = new CountDownLatch(1);

    Work(MirrorLane lane) {
        this.lane = lane;
        isClients = true;
        disk = new DiskCall(lane.threads());
        Arrays.fill(payloads, MemorySegment.NULL);
    }

    /// What a rescuer does in place of a thread that was lost.
    private Work(Work lost) {
        lane = lost.lane;
        isClients = false;
        disk = new DiskCall(lane.threads());
        payloads = lost.payloads;
        requests = lost.requests;
        offsets = lost.offsets;
        lengths = lost.lengths;
        flags = lost.flags;
        count = lost.count;
        flushes = lost.flushes;
        flushCount = lost.flushCount;
        isSpoiled = lost.isSpoiled;
        carried = lost.carried;
        upTo = lost.upTo;
        route = lost.route;
        batch = lost.batch;
        readRequest = lost.readRequest;
        readOffset = lost.readOffset;
        readLength = lost.readLength;
    }

    Work taken() {
        return new Work(this);
    }

    void write(int request, long offset, MemorySegment payload, boolean durable) {
        int i = next(request, offset, payload.byteSize(), WRITES | (durable ? LASTS : 0));
        payloads[i] = payload;
    }

    /// In pieces, if it is long: all but the last of them answer nothing.
    void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
        int what = (mayPunch ? PUNCHES : 0) | (durable ? LASTS : 0);
        long done = 0;
        while (length - done > Frame.ZERO_BYTES_MAX) {
            next(PIECE, offset + done, Frame.ZERO_BYTES_MAX, what & PUNCHES);
            done += Frame.ZERO_BYTES_MAX;
        }
        next(request, offset + done, length - done, what);
    }

    private int next(int request, long offset, long length, int what) {
        if (count == requests.length) {
            int room = 2 * count;
            payloads = Arrays.copyOf(payloads, room);
            Arrays.fill(payloads, count, room, MemorySegment.NULL);
            requests = Arrays.copyOf(requests, room);
            offsets = Arrays.copyOf(offsets, room);
            lengths = Arrays.copyOf(lengths, room);
            flags = Arrays.copyOf(flags, room);
        }
        requests[count] = request;
        offsets[count] = offset;
        lengths[count] = length;
        flags[count] = (byte) what;
        return count++;
    }

    void flush(int request) {
        if (flushCount == flushes.length) {
            flushes = Arrays.copyOf(flushes, 2 * flushCount);
        }
        flushes[flushCount++] = request;
    }

    void clear() {
        Arrays.fill(payloads, 0, count, MemorySegment.NULL);
        count = 0;
        flushCount = 0;
        isSpoiled = false;
        carried = 0;
    }

    int count() {
        return count;
    }

    int flushCount() {
        return flushCount;
    }

    int flushRequest(int i) {
        return flushes[i];
    }

    /// Whether a request goes on after this operation.
    boolean isPiece(int i) {
        return requests[i] == PIECE;
    }

    /// A piece was not carried out: neither is what is left of its request, which then fails.
    void spoil(int i) {
        for (int next = i + 1; next < count && isPiece(next - 1); next++) {
            flags[next] |= SPOILED;
            isSpoiled = true;
        }
    }

    boolean isSpoiled() {
        return isSpoiled;
    }

    boolean isSpoiled(int i) {
        return (flags[i] & SPOILED) != 0;
    }

    /// How many operations from `from` on make no more extents hot than may be in one go.
    int cut(int from) {
        long extents = 0;
        int to = from;
        while (to < count) {
            extents += Geometry.extentOf(offsets[to] + lengths[to] - 1) - Geometry.extentOf(offsets[to]) + 1;
            if (to > from && extents > ReplicaStore.HEAT_EXTENTS_MAX) {
                return to;
            }
            to++;
            if (isPiece(to - 1)) {
                return to;
            }
        }
        return to;
    }

    int request(int i) {
        return requests[i];
    }

    long offset(int i) {
        return offsets[i];
    }

    long length(int i) {
        return lengths[i];
    }

    MemorySegment payload(int i) {
        return payloads[i];
    }

    boolean isWrite(int i) {
        return (flags[i] & WRITES) != 0;
    }

    boolean mayPunch(int i) {
        return (flags[i] & PUNCHES) != 0;
    }

    boolean isDurable(int i) {
        return (flags[i] & LASTS) != 0;
    }

    /// What the lost thread was at has been seen to: its buffers are its own again.
    void rescue() {
        rescued.countDown();
    }

    void awaitRescue() {
        boolean interrupted = false;
        while (rescued.getCount() > 0) {
            try {
                rescued.await();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
