package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import understudy.volume.Geometry;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// A volume over one or two media that carries requests out later, in another order where they do not overlap, from
/// a thread of its own, and answers later still. A flush covers what was answered when it was asked for, and no more.
final class SlowVolume implements Volume, AutoCloseable {
    /// What was read is answered after much else was done, so that it is old by then.
    private static final int READS_LATE = 16;

    private final int size;
    private final Random random;
    private final List<CachedMedium> media;
    private final List<Request> pending = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private final Thread thread;
    private boolean isStopped;
    private boolean isHeld;

    private record Answer(Kind kind, Runnable run) {}

    private enum Kind {
        READ,
        WRITE,
        FLUSH
    }

    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Request(SlowLane lane, Kind kind, int number, int offset, byte[] bytes, List<Long> upTo) {
        boolean overlaps(Request other) {
            return kind != Kind.FLUSH
                    && other.kind != Kind.FLUSH
                    && (kind == Kind.WRITE || other.kind == Kind.WRITE)
                    && offset < other.offset + other.bytes.length
                    && other.offset < offset + bytes.length;
        }
    }

    SlowVolume(int size, long seed, CachedMedium... media) {
        this.size = size;
        random = new Random(seed);
        this.media = List.of(media);
        thread = Thread.ofPlatform().daemon().name("slow-volume").start(this::run);
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    @Override
    public Lane open(LaneClient client) {
        return new SlowLane(client);
    }

    /// Nothing is carried out or answered meanwhile.
    synchronized void hold(boolean is) {
        isHeld = is;
        notifyAll();
    }

    /// How many requests wait.
    synchronized int waiting() {
        return pending.size();
    }

    /// Carries out what waits, in part or whole or not at all, another part of it on each medium, and nothing more.
    void cut() {
        synchronized (this) {
            isStopped = true;
            for (Request request : pending) {
                abandon(request);
            }
            pending.clear();
            answers.clear();
            notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        cut();
    }

    private void abandon(Request request) {
        if (request.kind != Kind.WRITE) {
            return;
        }
        for (CachedMedium medium : media) {
            // In units of 8 bytes, as disks are torn at sectors.
            for (int at = 0; at < request.bytes.length; at += 8) {
                if (random.nextBoolean()) {
                    int length = Math.min(8, request.bytes.length - at);
                    byte[] part = new byte[length];
                    System.arraycopy(request.bytes, at, part, 0, length);
                    medium.write(request.offset + at, part);
                }
            }
        }
    }

    private void run() {
        while (true) {
            Runnable next;
            synchronized (this) {
                while (!isStopped && (isHeld || (pending.isEmpty() && answers.isEmpty()))) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                if (isStopped) {
                    return;
                }
                int pick = random.nextInt(pending.size() + answers.size());
                if (pick < answers.size()) {
                    boolean isLate = answers.get(pick).kind == Kind.READ && random.nextInt(READS_LATE) > 0;
                    next = isLate ? () -> {} : answers.remove(pick).run;
                } else {
                    carryOut(pick - answers.size());
                    next = () -> {};
                }
                if (random.nextInt(8) == 0) {
                    LockSupport.parkNanos(random.nextInt(20_000)); // others shall have time to do more
                }
            }
            next.run();
        }
    }

    private void carryOut(int wanted) {
        int pick = wanted;
        for (int i = pick - 1; i >= 0; i--) {
            pick = pending.get(i).overlaps(pending.get(pick)) ? i : pick;
        }
        Request request = pending.remove(pick);
        LaneClient client = request.lane.client;
        switch (request.kind) {
            case READ -> {
                byte[] bytes = media.getFirst().read(request.offset, request.bytes.length);
                answer(request, () -> client.readDone(request.number, MemorySegment.ofArray(bytes)));
            }
            case WRITE -> {
                media.forEach(medium -> medium.write(request.offset, request.bytes));
                answer(request, () -> client.done(request.number));
            }
            case FLUSH -> {
                for (int i = 0; i < media.size(); i++) {
                    media.get(i).flush(request.upTo.get(i));
                }
                answer(request, () -> client.done(request.number));
            }
        }
    }

    private void answer(Request request, Runnable answer) {
        SlowLane lane = request.lane;
        answers.add(new Answer(request.kind, () -> {
            synchronized (lane) {
                if (!lane.isClosed) {
                    answer.run();
                    lane.client.flushReplies();
                }
            }
        }));
    }

    private final class SlowLane implements Lane {
        private final LaneClient client;
        private final List<Change> changes = new ArrayList<>();
        private boolean isClosed;

        SlowLane(LaneClient client) {
            this.client = client;
        }

        @Override
        public boolean read(int request, long offset, MemorySegment target) {
            synchronized (SlowVolume.this) {
                if (random.nextInt(4) == 0 && !isHeld && pending.isEmpty() && !isStopped) {
                    byte[] bytes = media.getFirst().read((int) offset, (int) target.byteSize());
                    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
                    return true;
                }
                add(Kind.READ, request, (int) offset, new byte[(int) target.byteSize()]);
                return false;
            }
        }

        private void add(Kind kind, int request, int offset, byte[] bytes) {
            if (!isStopped) {
                List<Long> upTo = media.stream().map(CachedMedium::written).toList();
                pending.add(new Request(this, kind, request, offset, bytes, upTo));
                SlowVolume.this.notifyAll();
            }
        }

        @Override
        @SuppressWarnings("restricted")
        public void write(int request, long offset, MemorySegment payload, boolean durable) {
            // The headroom is the volume's: whatever is written there must do no harm.
            MemorySegment.ofAddress(payload.address() - Geometry.HEADROOM_BYTES)
                    .reinterpret(Geometry.HEADROOM_BYTES)
                    .fill((byte) 0xEE);
            changes.add(new Change.Write(request, offset, payload, durable));
        }

        @Override
        public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
            changes.add(new Change.Zero(request, offset, length, mayPunch, durable));
        }

        @Override
        public void trim(int request, long offset, long length, boolean durable) {
            changes.add(new Change.Trim(request, offset, length, durable));
        }

        @Override
        public void flush(int request) {
            changes.add(new Change.Flush(request));
        }

        @Override
        public void end() {
            synchronized (SlowVolume.this) {
                for (Change change : changes) {
                    int request = change.request();
                    switch (change) {
                        case Change.Write write -> add(Kind.WRITE, request, (int) write.offset(), write.data());
                        case Change.Zero zero ->
                            add(Kind.WRITE, request, (int) zero.offset(), new byte[(int) zero.length()]);
                        case Change.Trim trim ->
                            add(Kind.WRITE, request, (int) trim.offset(), new byte[(int) trim.length()]);
                        case Change.Flush _ -> add(Kind.FLUSH, request, 0, new byte[0]);
                    }
                }
                changes.clear();
            }
        }

        @Override
        public List<Allocation> allocation(long offset, long length, int extentsMax) {
            return List.of(new Allocation(length, true, true));
        }

        /// What waits is carried out or not.
        @Override
        public void close() {
            synchronized (SlowVolume.this) {
                pending.stream().filter(request -> request.lane == this).forEach(SlowVolume.this::abandon);
                pending.removeIf(request -> request.lane == this);
            }
            synchronized (this) {
                isClosed = true;
            }
        }
    }
}
