package understudy.volume.mirror;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.MirrorSide;
import understudy.volume.store.BadBlocks;

/// The serving side's end of a link to the peer's replica: one association, from its greeting to its end.
///
/// Batches are numbered and acknowledged in order, cumulatively. Questions (reads, checksums, marks) are
/// answered in the order of the stream, so that their answers hold all that was sent before.
///
/// Bounds: [#BATCHES_MAX] batches and [#BYTES_MAX] bytes unacknowledged; who would send more waits. Whoever
/// waits is released when the link breaks, and it is broken ([#overdue]) when the peer leaves anything
/// unanswered for longer than the deadline.
final class PeerLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);
    private static final int BATCHES_MAX = 1 << 12;
    private static final long BYTES_MAX = 64L << 20;

    private final MirrorWire wire;
    private final Hello.Reply peer;
    private final Threads threads;
    private final FrameOutput output;
    private final BatchFrames frames = new BatchFrames();
    private final Broken broken;

    /// Guards the ring; also held over sends of batches, so that their numbers go up on the wire.
    private final ReentrantLock order = new ReentrantLock();

    private final Condition room = order.newCondition();
    private final Batch[] ring = new Batch[BATCHES_MAX];
    private final MemorySegment copyHeaders =
            Arena.ofAuto().allocate((long) ReplicaEndpoint.SPANS_MAX * Frame.HEADER_BYTES, 8);
    private long sent;
    private long acknowledged;
    private long bytesUnderWay;

    private final Map<Long, Asked> questions = new ConcurrentHashMap<>();
    private final Map<Long, Flush> flushes = new ConcurrentHashMap<>();
    private final AtomicLong questionCount = new AtomicLong();
    private final AtomicBoolean breaking = new AtomicBoolean();
    private final AtomicBoolean isPinging = new AtomicBoolean();
    private volatile boolean isBroken;
    private volatile long heardAt;

    /// What the replica says that it does not have, less what was sent to it since. Changed under the volume's order
    /// lock, or before anybody else knows of this link.
    private volatile BadBlocks bad = BadBlocks.NONE;

    /// Hears that the link is of no more use; once, from any thread.
    interface Broken {
        void broken(PeerLink link, String why);
    }

    /// What was asked, since when an answer is due, and who gets it.
    private record Asked(long since, Answered answered) {}

    private record Flush(long since, long allowance, Pending pending) {}

    /// The answer to a question.
    interface Answered {
        /// @param payload valid until the call returns
        void answered(int status, long offset, MemorySegment payload);

        void unanswered();
    }

    /// @param peer how the other side greeted
    PeerLink(MirrorWire wire, Hello.Reply peer, Threads threads, Broken broken) {
        this.wire = wire;
        this.peer = peer;
        this.threads = threads;
        this.broken = broken;
        output = new FrameOutput(wire, threads);
        heardAt = threads.now();
    }

    /// Begins to hear answers.
    void start(String name) {
        threads.start(name + "-link", this::receive);
    }

    Hello.Reply peer() {
        return peer;
    }

    UUID replica() {
        return peer.replica();
    }

    Threads threads() {
        return threads;
    }

    BadBlocks bad() {
        return bad;
    }

    void bad(BadBlocks known) {
        bad = known;
    }

    private void wrote(long offset, long length) {
        if (!bad.isEmpty()) {
            bad = bad.withoutWritten(offset, length, peer.sizeBytes());
        }
    }

    boolean isBroken() {
        return isBroken;
    }

    // ---- batches --------------------------------------------------------------------------------------------

    /// Sends the operations `from` to `to`, which are `batch`. Their payloads and headers are the caller's
    /// again when this returns.
    ///
    /// @return false if the link is broken: the batch is not known here, and its end may or may not arrive
    boolean send(Batch batch, Work work, int from, int to) {
        order.lock();
        try {
            while (!isBroken && (sent - acknowledged == BATCHES_MAX || bytesUnderWay > BYTES_MAX)) {
                room.awaitUninterruptibly();
            }
            if (isBroken) {
                return false;
            }
            long number = ++sent;
            ring[(int) number & BATCHES_MAX - 1] = batch;
            bytesUnderWay += batch.bytes;
            int buffers = frames.gather(work, from, to, number);
            output.send(frames.buffers(), buffers);
            for (int i = from; i < to && !bad.isEmpty(); i++) {
                wrote(work.offset(i), work.length(i));
            }
            return true;
        } catch (IOException e) {
            breakOff(reason(e));
            return true;
        } finally {
            order.unlock();
        }
    }

    /// Whole blocks from a copy or a repair, in the order of the batches, at most [ReplicaEndpoint#SPANS_MAX].
    void copy(List<Span> spans) throws IOException {
        order.lock();
        try {
            ByteBuffer[] buffers = new ByteBuffer[2 * spans.size()];
            for (int i = 0; i < spans.size(); i++) {
                MemorySegment data = spans.get(i).data();
                long header = (long) i * Frame.HEADER_BYTES;
                int length = Math.toIntExact(data.byteSize());
                Frame.encode(
                        copyHeaders, header, Frame.COPY, 0, sent, spans.get(i).offset(), length);
                buffers[2 * i] = copyHeaders.asSlice(header, Frame.HEADER_BYTES).asByteBuffer();
                buffers[2 * i + 1] = data.asByteBuffer();
            }
            output.send(buffers, buffers.length);
            spans.forEach(span -> wrote(span.offset(), span.data().byteSize()));
        } finally {
            order.unlock();
        }
    }

    private void acknowledge(long number, Replies replies) throws BrokenLinkException {
        order.lock();
        try {
            if (number > sent || number < acknowledged) {
                throw new BrokenLinkException("the peer acknowledged batch %d of %d".formatted(number, sent));
            }
        } finally {
            order.unlock();
        }
        for (long next = acknowledged + 1; next <= number; next++) {
            ring[(int) next & BATCHES_MAX - 1].confirm(MirrorSide.PEER, replies);
        }
        order.lock();
        try {
            for (long next = acknowledged + 1; next <= number; next++) {
                bytesUnderWay -= ring[(int) next & BATCHES_MAX - 1].bytes;
            }
            acknowledged = Math.max(acknowledged, number);
            room.signalAll();
        } finally {
            order.unlock();
        }
    }

    /// The thread of a batch goes, and its data with it, if the batch is safe without: not when the volume is served
    /// in another way by now.
    ///
    /// @return whether it may go
    boolean unattend(Batch batch, MirroredVolume volume, Route then) {
        order.lock();
        try {
            batch.isAttended = volume.route() != then;
            return !batch.isAttended;
        } finally {
            order.unlock();
        }
    }

    /// The volume is served without this link from now on: nobody waits for its acknowledgements.
    ///
    /// @param hasLocal whether the local replica goes on to be in sync; if not, batches that only it has are
    ///                 answered as failed
    void release(boolean hasLocal) {
        breakOff("the volume is served without it");
        List<Batch> owed = new ArrayList<>();
        order.lock();
        try {
            for (long number = acknowledged + 1; number <= sent; number++) {
                Batch batch = ring[(int) number & BATCHES_MAX - 1];
                if (hasLocal || !batch.isAttended) {
                    owed.add(batch);
                }
            }
            acknowledged = sent;
        } finally {
            order.unlock();
        }
        Replies replies = Replies.ofAnyThread();
        for (Batch batch : owed) {
            if (hasLocal) {
                batch.confirm(MirrorSide.PEER, replies);
            } else if (batch.cancel()) {
                batch.fail(replies);
            }
        }
        for (Flush flush : flushes.values()) {
            if (hasLocal) {
                flush.pending().confirm(MirrorSide.PEER, replies);
            } else if (flush.pending().cancel()) {
                flush.pending().fail(replies);
            }
        }
        flushes.clear();
        replies.end();
    }

    // ---- flushes and questions ------------------------------------------------------------------------------

    /// Asks the peer to make durable all that was sent; `pending` is confirmed then.
    ///
    /// @return false if the link is broken
    boolean flush(Pending pending, long allowanceNanos) {
        long number = questionCount.incrementAndGet();
        flushes.put(number, new Flush(threads.now(), allowanceNanos, pending));
        if (!trySend(Frame.FLUSH, number, 0, 0, ByteBuffer.allocate(0))) {
            flushes.remove(number);
            return false;
        }
        return true;
    }

    /// Asks something. The answer comes on the link's own thread.
    void ask(byte kind, long offset, int length, ByteBuffer payload, Answered answered) {
        ask(kind, offset, length, payload, 0, answered);
    }

    /// Has the peer's disk make something durable; if it does not in time, the link breaks off.
    ///
    /// @param patienceNanos how much later than other questions it may be answered
    void probe(long patienceNanos) {
        ask(Frame.PROBE, 0, 0, ByteBuffer.allocate(0), patienceNanos, new Answered() {
            @Override
            public void answered(int status, long offset, MemorySegment payload) {
                // It did.
            }

            @Override
            public void unanswered() {
                // The link is broken, and whoever uses it has been told.
            }
        });
    }

    private void ask(byte kind, long offset, int length, ByteBuffer payload, long patienceNanos, Answered answered) {
        long number = questionCount.incrementAndGet();
        questions.put(number, new Asked(threads.now() + patienceNanos, answered));
        boolean isUnder = trySend(kind, number, offset, length, payload);
        // Whoever removes the question answers it; a break may have come in between.
        if ((!isUnder || isBroken) && questions.remove(number) != null) {
            answered.unanswered();
        }
    }

    /// Asks something, whose answer [#await] waits for.
    CompletableFuture<Answer> asked(byte kind, long offset, int length, ByteBuffer payload) {
        CompletableFuture<Answer> future = new CompletableFuture<>();
        ask(kind, offset, length, payload, new Answered() {
            @Override
            public void answered(int status, long answerOffset, MemorySegment data) {
                future.complete(
                        new Answer(status, answerOffset, data.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)));
            }

            @Override
            public void unanswered() {
                future.completeExceptionally(new BrokenLinkException("the link broke"));
            }
        });
        return future;
    }

    Answer await(CompletableFuture<Answer> future, long nanos) throws IOException {
        try {
            if (!threads.await(future, nanos)) {
                throw new BrokenLinkException("the peer did not answer in time");
            }
            return future.get();
        } catch (ExecutionException e) {
            throw new BrokenLinkException("the peer did not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokenLinkException("interrupted while waiting for the peer");
        }
    }

    /// Asks something and waits for the answer.
    Answer question(byte kind, long offset, int length, ByteBuffer payload, long nanos) throws IOException {
        return await(asked(kind, offset, length, payload), nanos);
    }

    Answer question(byte kind, long offset, int length, long nanos) throws IOException {
        return question(kind, offset, length, ByteBuffer.allocate(0), nanos);
    }

    /// An answer, copied.
    @SuppressWarnings("ArrayRecordComponent") // nobody compares answers
    record Answer(int status, long offset, byte[] payload) {}

    private boolean trySend(byte kind, long number, long offset, int length, ByteBuffer payload) {
        if (isBroken) {
            return false;
        }
        try {
            output.send(kind, 0, number, offset, length, payload);
            return true;
        } catch (IOException e) {
            breakOff(reason(e));
            return false;
        }
    }

    // ---- what the peer says ---------------------------------------------------------------------------------

    private void receive() {
        Frame frame = new Frame();
        Replies replies = Replies.ofAnyThread();
        FrameInput input = new FrameInput(wire);
        try (input) {
            while (!isBroken) {
                input.receive();
                heardAt = threads.now();
                while (input.next(frame)) {
                    take(frame, input.bytes(), replies);
                }
                replies.end();
            }
        } catch (IOException e) {
            breakOff(reason(e));
        } catch (RuntimeException e) {
            LOG.error("a link's answers could not be taken", e);
            breakOff("a fault of this side: " + e);
        } finally {
            replies.end();
            abandonQuestions();
        }
    }

    private void take(Frame frame, MemorySegment bytes, Replies replies) throws BrokenLinkException {
        switch (frame.kind()) {
            case Frame.ACKNOWLEDGED -> acknowledge(frame.sequence(), replies);
            case Frame.FLUSHED -> {
                Flush flush = flushes.remove(frame.sequence());
                if (flush != null) {
                    flush.pending().confirm(MirrorSide.PEER, replies);
                }
            }
            case Frame.ANSWER -> {
                Asked asked = questions.remove(frame.sequence());
                if (asked != null) {
                    asked.answered()
                            .answered(frame.flags(), frame.offset(), bytes.asSlice(frame.payloadAt(), frame.length()));
                }
            }
            case Frame.FAILED ->
                throw new BrokenLinkException("the peer's replica failed: "
                        + StandardCharsets.UTF_8.decode(
                                bytes.asSlice(frame.payloadAt(), frame.length()).asByteBuffer()));
            default -> throw new BrokenLinkException("a frame of kind " + frame.kind() + " from a replica");
        }
    }

    // ---- its end --------------------------------------------------------------------------------------------

    /// Breaks the link off if the peer has left something unanswered for longer than the deadline; else, if
    /// there was nothing to answer for a while, asks whether it is there.
    void watch(long now, long deadlineNanos) {
        if (isBroken) {
            return;
        }
        String late = overdue(now, deadlineNanos);
        if (!late.isEmpty()) {
            breakOff("the peer left " + late + " unanswered for " + TimeUnit.NANOSECONDS.toMillis(deadlineNanos)
                    + " ms");
        } else if (now - heardAt > deadlineNanos / 4 && questions.isEmpty() && !isPinging.getAndSet(true)) {
            // Not by this thread: a send may hang.
            threads.start("ping", () -> ask(Frame.PING, 0, 0, ByteBuffer.allocate(0), new Pong()));
        }
    }

    private final class Pong implements Answered {
        @Override
        public void answered(int status, long offset, MemorySegment payload) {
            isPinging.set(false);
        }

        @Override
        public void unanswered() {
            isPinging.set(false);
        }
    }

    private String overdue(long now, long deadline) {
        long sending = output.since();
        if (sending != 0 && now - sending > deadline) {
            return "what was sent";
        }
        if (order.tryLock()) {
            try {
                Batch oldest = ring[(int) (acknowledged + 1) & BATCHES_MAX - 1];
                if (acknowledged < sent && now - oldest.since > deadline) {
                    return "a write";
                }
            } finally {
                order.unlock();
            }
        }
        for (Flush flush : flushes.values()) {
            if (now - flush.since() > deadline + flush.allowance()) {
                return "a flush";
            }
        }
        for (Asked asked : questions.values()) {
            if (now - asked.since() > deadline) {
                return "a question";
            }
        }
        return "";
    }

    private void breakOff(String why) {
        // The wire first: whoever has the lock may be stuck in it.
        boolean isFirst = !breaking.getAndSet(true);
        isBroken = true;
        wire.close();
        order.lock();
        try {
            room.signalAll();
        } finally {
            order.unlock();
        }
        if (isFirst) {
            broken.broken(this, why);
        }
    }

    private void abandonQuestions() {
        for (Long number : List.copyOf(questions.keySet())) {
            Asked asked = questions.remove(number);
            if (asked != null) {
                asked.answered().unanswered();
            }
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /// Ends it. Batches and flushes that it owes an answer stay unanswered until [#release].
    @Override
    public void close() {
        breakOff("closed");
    }
}
