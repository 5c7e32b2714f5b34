package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import understudy.volume.Geometry;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;
import understudy.volume.LaneClient;
import understudy.volume.LaneClient.Failure;
import understudy.volume.Volume;

/// A volume in memory, sparse, which answers each request as the test wishes: at once, from another thread, later,
/// with an error, or not at all while the calling thread hangs.
public final class MemoryVolume implements Volume {

    public enum Kind {
        READ,
        WRITE,
        ZERO,
        TRIM,
        FLUSH,
        ALLOCATION,
        CLOSE
    }

    /// What a client asked for.
    public record Call(Kind kind, long offset, long length, boolean flag, boolean durable) {}

    public enum Fate {
        /// Done and answered within the call.
        AT_ONCE,
        /// Done when [#answerHeld] says so, and answered from its thread, in random order.
        HELD,
        FAILED,
        /// The thread that calls hangs until [#letGo]. If it is lost before that, reads are done when
        /// [#answerHeld] says so, and the rest of a batch with the next batch.
        HANGING
    }

    public interface Fates {
        Fate of(Call call);
    }

    private static final int PAGE = Geometry.BLOCK_BYTES;

    private final long size;
    private final TreeMap<Long, byte[]> pages = new TreeMap<>();
    private final Set<Long> volatilePages = new HashSet<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final List<Held> held = new ArrayList<>();
    private final List<Hang> hangs = new CopyOnWriteArrayList<>();
    private final Random random = new Random(7);
    private volatile Fates fates = call -> Fate.AT_ONCE;
    private volatile Failure failure = Failure.IO;
    private volatile int openLanes;
    private volatile int abandoned;

    public MemoryVolume(long size) {
        this.size = size;
    }

    private record Held(LaneClient client, Runnable answer) {}

    /// A thread that hangs in a call, and what is to be answered in its stead if it is lost.
    private static final class Hang {
        private final MemoryLane lane;
        private final CountDownLatch end = new CountDownLatch(1);
        private final Runnable instead;
        private volatile boolean lost;

        Hang(MemoryLane lane, Runnable instead) {
            this.lane = lane;
            this.instead = instead;
        }
    }

    public void fates(Fates next) {
        fates = next;
    }

    public void failure(Failure next) {
        failure = next;
    }

    /// All calls so far, of all lanes.
    public List<Call> calls() {
        return calls;
    }

    public int openLanes() {
        return openLanes;
    }

    /// How many threads came back from a call and found that they had lost the lane.
    public int abandoned() {
        return abandoned;
    }

    public int hanging() {
        return hangs.size();
    }

    /// Says of all threads that hang that they are lost.
    public void loseThreads() {
        for (Hang hang : hangs) {
            if (!hang.lost) {
                hang.lost = true;
                synchronized (this) {
                    held.add(new Held(hang.lane.client, hang.instead));
                }
                hang.lane.client.threadLost();
            }
        }
    }

    /// The threads that hang come back.
    public void letGo() {
        for (Hang hang : List.copyOf(hangs)) {
            hangs.remove(hang); // one by one: others may be added meanwhile
            hang.end.countDown();
        }
    }

    /// A lane whose closing was abandoned is not missed.
    synchronized void forgetLane() {
        openLanes--;
    }

    public synchronized int held() {
        return held.size();
    }

    /// Does and answers what was held, from the calling thread, in random order.
    public void answerHeld() {
        List<Held> all;
        synchronized (this) {
            all = new ArrayList<>(held);
            held.clear();
        }
        Collections.shuffle(all, random);
        all.forEach(one -> one.answer.run());
        all.stream().map(Held::client).distinct().forEach(LaneClient::flushReplies);
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    @Override
    public synchronized Lane open(LaneClient client) {
        openLanes++;
        return new MemoryLane(client);
    }

    public synchronized byte[] content(long offset, int length) {
        byte[] bytes = new byte[length];
        read(offset, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /// Whether everything in a range would survive a loss of power.
    public synchronized boolean isDurable(long offset, long length) {
        for (long page = offset / PAGE; page * PAGE < offset + length; page++) {
            if (volatilePages.contains(page)) {
                return false;
            }
        }
        return true;
    }

    private synchronized void read(long offset, MemorySegment target) {
        long done = 0;
        while (done < target.byteSize()) {
            int within = (int) ((offset + done) % PAGE);
            long part = Math.min(PAGE - within, target.byteSize() - done);
            byte[] page = pages.get((offset + done) / PAGE);
            if (page == null) {
                target.asSlice(done, part).fill((byte) 0);
            } else {
                MemorySegment.copy(MemorySegment.ofArray(page), within, target, done, part);
            }
            done += part;
        }
    }

    private synchronized void write(long offset, MemorySegment from, boolean durable) {
        long done = 0;
        while (done < from.byteSize()) {
            int within = (int) ((offset + done) % PAGE);
            int part = (int) Math.min(PAGE - within, from.byteSize() - done);
            long number = (offset + done) / PAGE;
            byte[] page = pages.computeIfAbsent(number, _ -> new byte[PAGE]);
            MemorySegment.copy(from, ValueLayout.JAVA_BYTE, done, page, within, part);
            note(number, durable);
            done += part;
        }
    }

    private synchronized void zero(long offset, long length, boolean mayPunch, boolean durable) {
        for (long at = offset; at < offset + length; ) {
            int within = (int) (at % PAGE);
            int part = (int) Math.min(PAGE - within, offset + length - at);
            long number = at / PAGE;
            if (mayPunch && part == PAGE) {
                pages.remove(number);
            } else if (pages.containsKey(number) || !mayPunch) {
                byte[] page = pages.computeIfAbsent(number, _ -> new byte[PAGE]);
                Arrays.fill(page, within, within + part, (byte) 0);
            }
            note(number, durable);
            at += part;
        }
    }

    private void note(long page, boolean durable) {
        if (durable) {
            volatilePages.remove(page);
        } else {
            volatilePages.add(page);
        }
    }

    private synchronized void sync() {
        volatilePages.clear();
    }

    private synchronized List<Lane.Allocation> pieces(long offset, long length, int most) {
        List<Lane.Allocation> pieces = new ArrayList<>();
        long at = offset;
        while (at < offset + length && pieces.size() < most) {
            boolean data = pages.containsKey(at / PAGE);
            Map.Entry<Long, byte[]> next = pages.ceilingEntry(at / PAGE + 1);
            long end = data ? (at / PAGE + 1) * PAGE : next == null ? size : next.getKey() * PAGE;
            pieces.add(new Lane.Allocation(end - at, !data, !data));
            at = end;
        }
        return pieces;
    }

    private final class MemoryLane implements Lane {
        private final LaneClient client;
        private final List<Recorded> recorded = new ArrayList<>();
        private boolean closed;

        private record Recorded(int request, Call call, Runnable work) {}

        MemoryLane(LaneClient client) {
            this.client = client;
        }

        private Fate fate(Call call) {
            if (closed) {
                throw new IllegalStateException("a closed lane was used");
            }
            calls.add(call);
            return fates.of(call);
        }

        private synchronized void hold(Runnable answer) {
            synchronized (MemoryVolume.this) {
                held.add(new Held(client, answer));
            }
        }

        private void hang(Runnable instead) {
            Hang hang = new Hang(this, instead);
            hangs.add(hang);
            try {
                hang.end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (hang.lost) {
                synchronized (MemoryVolume.this) {
                    abandoned++;
                }
                throw new LaneAbandonedException();
            }
        }

        private void answerRead(int request, Call call) {
            MemorySegment data = MemorySegment.ofArray(content(call.offset, (int) call.length));
            client.readDone(request, data);
        }

        @Override
        public boolean read(int request, long offset, MemorySegment target) {
            Call call = new Call(Kind.READ, offset, target.byteSize(), false, false);
            switch (fate(call)) {
                case FAILED -> {
                    client.failed(request, failure);
                    return false;
                }
                case HELD -> {
                    hold(() -> answerRead(request, call));
                    return false;
                }
                case HANGING -> hang(() -> answerRead(request, call));
                case AT_ONCE -> {}
            }
            MemoryVolume.this.read(offset, target);
            return true;
        }

        private void record(int request, Call call, Runnable work) {
            if (closed) {
                throw new IllegalStateException("a closed lane was used");
            }
            recorded.add(new Recorded(request, call, work));
        }

        @Override
        @SuppressWarnings("restricted")
        public void write(int request, long offset, MemorySegment payload, boolean durable) {
            // The headroom is the volume's: whatever is written there must do no harm.
            MemorySegment.ofAddress(payload.address() - Geometry.HEADROOM_BYTES)
                    .reinterpret(Geometry.HEADROOM_BYTES)
                    .fill((byte) 0xEE);
            Call call = new Call(Kind.WRITE, offset, payload.byteSize(), false, durable);
            record(request, call, () -> MemoryVolume.this.write(offset, payload, durable));
        }

        @Override
        public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
            Call call = new Call(Kind.ZERO, offset, length, mayPunch, durable);
            record(request, call, () -> MemoryVolume.this.zero(offset, length, mayPunch, durable));
        }

        @Override
        public void trim(int request, long offset, long length, boolean durable) {
            Call call = new Call(Kind.TRIM, offset, length, false, durable);
            record(request, call, () -> MemoryVolume.this.zero(offset, length, true, durable));
        }

        @Override
        public void flush(int request) {
            record(request, new Call(Kind.FLUSH, 0, 0, false, false), MemoryVolume.this::sync);
        }

        @Override
        public void end() {
            while (!recorded.isEmpty()) {
                Recorded next = recorded.getFirst();
                Fate fate = fate(next.call);
                if (fate == Fate.HANGING) {
                    hang(() -> {});
                }
                recorded.removeFirst();
                switch (fate) {
                    case FAILED -> client.failed(next.request, failure);
                    case HELD -> {
                        // Done now, since the payload is gone afterwards; answered later.
                        next.work.run();
                        hold(() -> client.done(next.request));
                    }
                    case AT_ONCE, HANGING -> {
                        next.work.run();
                        client.done(next.request);
                    }
                }
            }
        }

        @Override
        public List<Allocation> allocation(long offset, long length, int extentsMax) {
            if (fate(new Call(Kind.ALLOCATION, offset, length, extentsMax == 1, false)) == Fate.HANGING) {
                hang(() -> {});
            }
            return pieces(offset, length, extentsMax);
        }

        @Override
        public void close() {
            if (fate(new Call(Kind.CLOSE, 0, 0, false, false)) == Fate.HANGING) {
                hang(() -> {});
            }
            closed = true;
            synchronized (MemoryVolume.this) {
                openLanes--;
            }
        }
    }
}
