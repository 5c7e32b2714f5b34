package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.StreamSocket;
import understudy.volume.Lane;
import understudy.volume.LaneClient;

/// One connection while requests go over it: what outlives its worker.
///
/// Answers come from the worker's own thread while it is in a call of the lane, and then go to the end of what it
/// is about to send; or from any other thread, and then into the [Outbox]. When the volume says that the worker's
/// thread is lost, another worker with buffers of its own takes over; what the lost one does afterwards touches
/// nothing but its own buffers.
final class Session implements LaneClient {

    /// How long requests that are under way may take when the client has said goodbye.
    static final Duration FAREWELL = Duration.ofSeconds(10);

    /// Each loss is a disk that hung; a volume has no more than a few.
    static final int LOSSES_MAX = 8;

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final String name;
    private final StreamSocket socket;
    private final Terms terms;
    private final Runnable ended;
    private final RequestTable requests = new RequestTable();
    private final Outbox outbox;
    private final Lane lane;
    private volatile Worker worker;
    private volatile boolean ending;
    private int losses;

    /// Opens a lane of the export's volume. From then on the session owns the socket and the buffers, and calls
    /// `ended` when it is over.
    ///
    /// @param inFrom where, up to `inTo`, the buffer for input holds what came after the handshake
    Session(
            String name,
            StreamSocket socket,
            Terms terms,
            Outbox outbox,
            Buffers memory,
            int inFrom,
            int inTo,
            Runnable ended) {
        this.name = name;
        this.socket = socket;
        this.terms = terms;
        this.outbox = outbox;
        this.ended = ended;
        worker = new Worker(this, memory, inFrom, inTo);
        lane = terms.export().volume().open(this);
    }

    /// Serves on the calling thread until the connection is over or the thread is lost.
    void run() {
        worker.run();
    }

    String name() {
        return name;
    }

    StreamSocket socket() {
        return socket;
    }

    Terms terms() {
        return terms;
    }

    Lane lane() {
        return lane;
    }

    RequestTable requests() {
        return requests;
    }

    Outbox outbox() {
        return outbox;
    }

    /// Takes no more requests, but lets those that are under way be answered.
    void end() {
        ending = true;
        socket.shutdownInput();
    }

    boolean isEnding() {
        return ending;
    }

    /// Ends it at once.
    void cut() {
        outbox.cut();
    }

    /// Whether too many threads were lost for another to be risked.
    boolean isGivenUp() {
        return losses > LOSSES_MAX;
    }

    /// By the worker: waits, within bounds, until the client has all its answers.
    void awaitAnswers() {
        if (!outbox.await(() -> outbox.isBroken() || (requests.isEmpty() && outbox.isDrained()), FAREWELL)) {
            LOG.info("{}: left with requests unanswered", name);
        }
    }

    /// By the worker, after it has closed the lane.
    void finish() {
        socket.shutdown();
        outbox.close();
        socket.close();
        ended.run();
    }

    @Override
    public void done(int request) {
        if (!isAnswered(request, requests.answer(request))) {
            return;
        }
        Optional<Failure> failure = requests.failure(request);
        if (failure.isPresent()) {
            replyFailure(request, failure.get());
            return;
        }
        long cookie = requests.cookie(request);
        if (worker.isAppending() && worker.appendSuccess(cookie)) {
            requests.giveBack(request);
            return;
        }
        outbox.lock();
        try {
            int at = outbox.room(Replies.SMALL_BYTES_MAX);
            if (at >= 0) {
                outbox.add(Replies.success(outbox.memory(), at, false, cookie));
            }
            leave(request);
        } finally {
            outbox.unlock();
        }
    }

    @Override
    public void readDone(int request, MemorySegment data) {
        if (!isAnswered(request, requests.answer(request))) {
            return;
        }
        int length = requests.length(request);
        if (data.byteSize() != length) {
            throw new IllegalArgumentException("%d bytes for a read of %d".formatted(data.byteSize(), length));
        }
        boolean structured = terms.structured();
        boolean full;
        outbox.lock();
        try {
            int at = outbox.room(Replies.dataHeaderBytes(structured) + length);
            if (at >= 0) {
                int header = Replies.dataHeader(
                        outbox.memory(),
                        at,
                        structured,
                        !requests.isPartial(request),
                        requests.cookie(request),
                        requests.offset(request),
                        length);
                MemorySegment.copy(data, 0, outbox.memory(), at + header, length);
                outbox.add(header + length);
            }
            leave(request);
            full = outbox.isLong();
        } finally {
            outbox.unlock();
        }
        if (full) {
            outbox.flush();
        }
    }

    @Override
    public void failed(int request, Failure failure) {
        if (isAnswered(request, requests.fail(request, failure))) {
            replyFailure(request, failure);
        }
    }

    /// Whether it is time to reply.
    private boolean isAnswered(int request, RequestTable.Answer answer) {
        return switch (answer) {
            case LAST -> true;
            case PIECE -> false;
            case TWICE -> {
                LOG.error("{}: request {} was answered twice", name, request);
                yield false;
            }
        };
    }

    private void replyFailure(int request, Failure failure) {
        outbox.lock();
        try {
            int at = outbox.room(Replies.SMALL_BYTES_MAX);
            if (at >= 0) {
                outbox.add(Replies.failure(
                        outbox.memory(),
                        at,
                        terms.structured(),
                        requests.cookie(request),
                        error(failure),
                        message(failure)));
            }
            leave(request);
        } finally {
            outbox.unlock();
        }
    }

    /// Under the outbox's lock: the request is answered, and the answer lies in the outbox.
    private void leave(int request) {
        if (requests.isRead(request)) {
            outbox.expect(-requests.length(request));
        }
        requests.giveBackFromElsewhere(request);
        outbox.signal();
        if (worker.isCurrent()) {
            worker.leftInOutbox();
        }
    }

    private static int error(Failure failure) {
        return switch (failure) {
            case IO -> Nbd.EIO;
            case NO_SPACE -> Nbd.ENOSPC;
            case SHUTTING_DOWN -> Nbd.ESHUTDOWN;
        };
    }

    private static String message(Failure failure) {
        return switch (failure) {
            case IO -> "no replica could do it";
            case NO_SPACE -> "no replica has room";
            case SHUTTING_DOWN -> "the volume is being closed";
        };
    }

    /// The worker's own answers leave with its batch.
    @Override
    public void flushReplies() {
        if (!worker.isCurrent()) {
            outbox.flush();
        }
    }

    @Override
    public synchronized void threadLost() {
        Worker lost = worker;
        if (!lost.isInLane()) {
            LOG.error("{}: its thread is said to be lost, but is in no call", name);
            return;
        }
        losses++;
        LOG.warn("{}: a call hangs; another thread goes on", name);
        worker = lost.successor();
        Thread.ofPlatform().daemon().name(name + "-" + losses).start(worker);
        lost.handedOver();
    }
}
