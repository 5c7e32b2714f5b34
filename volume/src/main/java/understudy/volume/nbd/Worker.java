package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.LinuxException;
import understudy.volume.Lane;
import understudy.volume.LaneAbandonedException;

/// The thread of one connection: receives, takes requests apart, gives them to the lane and sends the replies.
///
/// All that stands complete in the buffer is one batch: reads go straight from the disk to behind their reply
/// headers, writes from where they were received, and the replies leave in one send. Handing requests to other
/// threads instead was measured to cost two to six times the CPU. Long requests are carried out in pieces
/// ([LongRequest]).
///
/// A call of the lane may hang. So all that a successor needs is in place and published before each call: the
/// request that the call is about counts as taken from the buffer, and its reply as not yet there.
final class Worker implements Runnable {

    private enum Call {
        NONE,
        READ,
        RECORD,
        ALLOCATION,
        END,
        CLOSE
    }

    private enum Ending {
        /// The client said goodbye, or the server does: what is under way is answered first.
        POLITE,
        /// The client is gone, or is sent away.
        ABRUPT
    }

    /// A connection to which nothing was said for so long needs no large buffer.
    private static final Duration CALM = Duration.ofSeconds(1);

    /// Replies leave before the batch ends when there are so many bytes of them.
    private static final int SEND_BYTES = 256 << 10;

    private static final int HAND_OVER_SECONDS = 60;
    private static final VarHandle CALL;

    static {
        try {
            CALL = MethodHandles.lookup().findVarHandle(Worker.class, "call", Call.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final Session session;
    private final Optional<Worker> predecessor;
    private final Buffers memory;
    private final RequestTable requests;
    private final Request request = new Request();
    private final Input input;
    private final Output output;
    private final Pieces pieces;
    private final CountDownLatch handedOver = new CountDownLatch(1);

    /// Where lie the payloads of writes that lost threads recorded: held until the next end of a batch.
    private final List<Buffers> inherited = new ArrayList<>();

    private volatile @Nullable Thread thread;

    /// Whether something was recorded that [Lane#end] is to carry out.
    private boolean recorded;

    private boolean leftInOutbox;

    /// The request that the call is about, if it is about one.
    private int slot;

    /// The call that this thread is in. Written after all else and read before all else, which publishes the rest
    /// to a successor.
    private Call call = Call.NONE;

    /// The first worker of a session, whose buffer for input holds what came after the handshake.
    Worker(Session session, Buffers memory, int inFrom, int inTo) {
        this(session, Optional.empty(), memory, new Input(memory.in(), inFrom, inTo));
    }

    private Worker(Session session, Optional<Worker> predecessor, Buffers memory, Input input) {
        this.session = session;
        this.predecessor = predecessor;
        this.memory = memory;
        this.input = input;
        pieces = new Pieces(session, this, input);
        requests = session.requests();
        output = new Output(memory.out(), session.terms().structured());
    }

    /// Another worker, to be started, that takes over while this one hangs in a call. Called by any other thread;
    /// from then on this one owns no more than a share in its buffers.
    Worker successor() {
        memory.hold();
        inherited.forEach(Buffers::hold);
        Buffers fresh = new Buffers();
        return new Worker(session, Optional.of(this), fresh, new Input(fresh.in(), 0, 0));
    }

    /// The thread of this worker may end, should it come back.
    void handedOver() {
        handedOver.countDown();
    }

    boolean isInLane() {
        return (Call) CALL.getAcquire(this) != Call.NONE;
    }

    boolean isCurrent() {
        return Thread.currentThread().equals(thread);
    }

    /// Whether the caller is this worker's thread, in a call during which [#appendSuccess] is allowed: not while
    /// the lane may be writing to where the next reply's data will lie.
    boolean isAppending() {
        return isCurrent() && (call == Call.END || call == Call.RECORD);
    }

    /// @return whether there was room
    boolean appendSuccess(long cookie) {
        if (!output.hasRoom(Replies.SMALL_BYTES_MAX)) {
            return false;
        }
        output.addSuccess(false, cookie);
        CALL.setRelease(this, call);
        return true;
    }

    /// By this worker's thread: there is something in the outbox that leaves with this batch.
    void leftInOutbox() {
        leftInOutbox = true;
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        try {
            boolean closed = predecessor.isPresent() && takeOver(predecessor.get());
            if (!closed) {
                if (serve() == Ending.POLITE) {
                    session.awaitAnswers();
                }
                closeLane();
            }
            session.finish();
        } catch (LaneAbandonedException _) {
            awaitHandOver();
        } finally {
            memory.release();
            inherited.forEach(Buffers::release);
        }
    }

    private void closeLane() {
        enter(Call.CLOSE);
        try {
            session.lane().close();
        } catch (LaneAbandonedException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("{}: its lane could not be closed", session.name(), e);
        }
        leave();
    }

    /// @return whether the lane is closed already, as far as that goes
    private boolean takeOver(Worker lost) {
        inherited.add(lost.memory);
        inherited.addAll(lost.inherited);
        Call hanging = (Call) CALL.getAcquire(lost);
        input.takeOver(lost.input);
        pieces.takeOver(lost.pieces);
        output.takeOver(lost.output);
        leftInOutbox = lost.leftInOutbox;
        recorded = true; // possibly; ending a batch without records does no harm
        if (hanging == Call.READ) {
            expect(requests.length(lost.slot));
        } else if (hanging == Call.ALLOCATION && isLastAnswer(lost.slot)) {
            appendAllocation(lost.slot, Replies.PIECES_MAX, List.of());
            requests.giveBack(lost.slot);
        }
        return hanging == Call.CLOSE;
    }

    /// The volume knows that the thread is lost before the session has heard of it.
    private void awaitHandOver() {
        try {
            if (!handedOver.await(HAND_OVER_SECONDS, TimeUnit.SECONDS)) {
                LOG.error("{}: the volume took its lane from a thread without saying so", session.name());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Ending serve() {
        try {
            return serveRequests();
        } catch (LinuxException e) {
            LOG.debug("{}: {}", session.name(), e.getMessage());
            return Ending.ABRUPT;
        } catch (LaneAbandonedException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            // Whatever it is, the client must not wait for ever.
            LOG.error("{}: cut off by a mistake in this program", session.name(), e);
            return Ending.ABRUPT;
        }
    }

    private Ending serveRequests() throws LinuxException {
        while (!session.isGivenUp()) {
            if (pieces.isUnderWay()) {
                if (!pieces.goOn()) {
                    return endOfInput();
                }
                continue;
            }
            int size = input.parse(request);
            if (size == Request.VIOLATION) {
                endBatch();
                LOG.warn("{}: cut off: {}", session.name(), request.violation());
                return Ending.ABRUPT;
            }
            if (size > input.length()) {
                if (LongRequest.isLong(size - Request.HEADER_BYTES)) {
                    if (!pieces.beginWrite(request, verdict())) {
                        return Ending.ABRUPT;
                    }
                } else if (!receive(size)) {
                    return endOfInput();
                }
            } else if (request.command() == Nbd.CMD_DISC) {
                endBatch();
                return Ending.POLITE;
            } else if (!perform()) {
                return Ending.ABRUPT;
            }
        }
        return Ending.ABRUPT;
    }

    private Ending endOfInput() {
        if (session.isEnding()) {
            return Ending.POLITE;
        }
        if (input.length() > 0 || pieces.isUnderWay()) {
            LOG.info("{}: closed in the middle of a request", session.name());
        }
        return Ending.ABRUPT;
    }

    /// Ends the batch, then waits for more.
    ///
    /// @param needed how many bytes are to lie side by side some day
    /// @return whether it was not the end
    boolean receive(int needed) throws LinuxException {
        endBatch();
        session.outbox().awaitRoom();
        output.rest();
        if (output.isGrown() && !session.socket().awaitReadable(CALM)) {
            output.shrink();
        }
        return input.receive(session.socket(), needed);
    }

    /// Gives the request to the lane or answers it.
    ///
    /// @return whether to go on
    private boolean perform() {
        Verdict verdict = verdict();
        int length = (int) request.length();
        boolean isRead = request.command() == Nbd.CMD_READ;
        if (verdict != Verdict.ACCEPTED) {
            input.take(request.size());
            refuse(verdict, request.cookie());
            return true;
        }
        if (request.command() == Nbd.CMD_CACHE || (length == 0 && request.command() != Nbd.CMD_FLUSH)) {
            reserve(Replies.SMALL_BYTES_MAX);
            input.take(request.size());
            output.addSuccess(isRead, request.cookie());
            return true;
        }
        if (isRead && pieces.takesRead(request)) {
            input.take(request.size());
            pieces.beginRead(request);
            return true;
        }
        if (isRead) {
            reserve(Replies.dataHeaderBytes(session.terms().structured()) + length);
            awaitBudget(length);
        } else {
            reserve(Replies.ALLOCATION_BYTES_MAX);
        }
        if (!awaitSlot()) {
            return false;
        }
        input.take(request.size());
        slot = requests.take(request);
        switch (request.command()) {
            case Nbd.CMD_READ -> {
                boolean _ = read(slot, request.offset(), length, request.cookie(), true);
                if (output.length() > SEND_BYTES) {
                    endBatch();
                }
            }
            case Nbd.CMD_BLOCK_STATUS -> allocation();
            default -> record(length);
        }
        return true;
    }

    private Verdict verdict() {
        return request.verdict(
                session.terms(), session.terms().export().volume().sizeBytes());
    }

    void refuse(Verdict verdict, long cookie) {
        reserve(Replies.SMALL_BYTES_MAX);
        output.addRefusal(verdict, cookie);
    }

    /// Whether an answer of the worker's own is the one to reply with.
    boolean isLastAnswer(int about) {
        return requests.answer(about) == RequestTable.Answer.LAST;
    }

    /// Reads to behind where the reply's header will be, for which there is room.
    ///
    /// @param about where it is in the table
    /// @param isEnd whether the reply ends with it
    /// @return whether it is answered
    boolean read(int about, long offset, int length, long cookie, boolean isEnd) {
        MemorySegment target = output.target(length);
        slot = about;
        enter(Call.READ);
        boolean isThere = session.lane().read(about, offset, target);
        leave();
        pieces.wasAtOnce(isThere);
        if (!isThere) {
            expect(length);
            return false;
        }
        if (isLastAnswer(about)) {
            output.addData(isEnd, cookie, offset, length);
            requests.giveBack(about);
        }
        return true;
    }

    /// Has the lane record a write, whose payload was taken up last.
    void write(int about, long offset, int length, boolean durable) {
        recorded = true;
        slot = about;
        enter(Call.RECORD);
        session.lane().write(about, offset, input.taken(length), durable);
        leave();
    }

    private void record(int length) {
        Lane lane = session.lane();
        boolean durable = request.has(Nbd.CMD_FLAG_FUA);
        recorded = true;
        enter(Call.RECORD);
        switch (request.command()) {
            case Nbd.CMD_WRITE -> lane.write(slot, request.offset(), input.taken(length), durable);
            case Nbd.CMD_WRITE_ZEROES ->
                lane.zero(slot, request.offset(), request.length(), !request.has(Nbd.CMD_FLAG_NO_HOLE), durable);
            case Nbd.CMD_TRIM -> lane.trim(slot, request.offset(), request.length(), durable);
            default -> lane.flush(slot);
        }
        leave();
    }

    private void allocation() {
        int most = request.has(Nbd.CMD_FLAG_REQ_ONE) ? 1 : Replies.PIECES_MAX;
        enter(Call.ALLOCATION);
        List<Lane.Allocation> pieces = session.lane().allocation(request.offset(), request.length(), most);
        leave();
        if (isLastAnswer(slot)) {
            appendAllocation(slot, most, pieces);
            requests.giveBack(slot);
        }
    }

    private void appendAllocation(int about, int most, List<Lane.Allocation> pieces) {
        reserve(Replies.ALLOCATION_BYTES_MAX);
        long length = Integer.toUnsignedLong(requests.length(about));
        output.addAllocation(requests.cookie(about), length, pieces, most);
    }

    private void expect(int length) {
        session.outbox().lock();
        try {
            session.outbox().expect(length);
        } finally {
            session.outbox().unlock();
        }
    }

    /// Makes room for a reply.
    void reserve(int bytes) {
        if (!output.hasRoom(bytes)) {
            endBatch();
            if (!output.hasRoom(bytes)) {
                output.grow(bytes);
            }
        }
        output.expect(bytes);
    }

    /// What was recorded must be on its way before this thread waits for anything: the answers may hang on it.
    void awaitBudget(int length) {
        if (!session.outbox().hasBudget(length)) {
            endBatch();
            session.outbox().awaitBudget(length);
        }
    }

    /// @return whether there is a free slot; else the connection is broken
    boolean awaitSlot() {
        if (requests.hasFree()) {
            return true;
        }
        Outbox outbox = session.outbox();
        if (!outbox.await(this::fetchSlots, Duration.ZERO)) {
            endBatch();
            boolean _ = outbox.await(() -> fetchSlots() || outbox.isBroken(), Outbox.FOR_EVER);
        }
        return requests.hasFree();
    }

    private boolean fetchSlots() {
        requests.fetch();
        return requests.hasFree();
    }

    /// Has the lane carry out what was recorded, and sends the replies.
    void endBatch() {
        if (recorded) {
            enter(Call.END);
            session.lane().end();
            leave();
            recorded = false;
            inherited.forEach(Buffers::release);
            inherited.clear();
        }
        if (output.length() > 0 || leftInOutbox) {
            leftInOutbox = false;
            output.send(session.outbox());
        }
    }

    private void enter(Call next) {
        CALL.setRelease(this, next);
    }

    private void leave() {
        CALL.setRelease(this, Call.NONE);
    }
}
