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
/// threads instead was measured to cost two to six times the CPU.
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

    /// A connection that had only small requests in so many batches needs no large buffers.
    private static final int CALM_BATCHES = 4096;

    /// Nor does one that had none for so long.
    private static final Duration CALM = Duration.ofSeconds(1);

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
    private final boolean structured;
    private final Request request = new Request();
    private final Spin spin = new Spin();
    private final CountDownLatch handedOver = new CountDownLatch(1);

    /// Where lie the payloads of writes that lost threads recorded: held until the next end of a batch.
    private final List<Buffers> inherited = new ArrayList<>();

    private volatile @Nullable Thread thread;

    /// Unread input lies in [inFrom, inTo) of the one buffer, replies to be sent in [0, outTo) of the other.
    private int inFrom;

    private int inTo;
    private int outTo;

    /// Whether something was recorded that [Lane#end] is to carry out.
    private boolean recorded;

    private boolean leftInOutbox;
    private int calm;

    /// The request that the call is about, if it is about one.
    private int slot;

    /// The call that this thread is in. Written after all else and read before all else, which publishes the rest
    /// to a successor.
    private Call call = Call.NONE;

    /// The first worker of a session, whose buffer for input holds what came after the handshake.
    Worker(Session session, Buffers memory, int inFrom, int inTo) {
        this(session, Optional.empty(), memory);
        this.inFrom = inFrom;
        this.inTo = inTo;
    }

    private Worker(Session session, Optional<Worker> predecessor, Buffers memory) {
        this.session = session;
        this.predecessor = predecessor;
        this.memory = memory;
        requests = session.requests();
        structured = session.terms().structured();
    }

    /// Another worker, to be started, that takes over while this one hangs in a call. Called by any other thread;
    /// from then on this one owns no more than a share in its buffers.
    Worker successor() {
        memory.hold();
        inherited.forEach(Buffers::hold);
        return new Worker(session, Optional.of(this), new Buffers());
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
        Buffer out = memory.out();
        if (outTo + Replies.SMALL_BYTES_MAX > out.capacity()) {
            return false;
        }
        outTo += Replies.success(out.memory(), outTo, false, cookie);
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
        inTo = lost.inTo - lost.inFrom;
        memory.in().move(0, 0, inTo);
        MemorySegment.copy(lost.memory.in().memory(), lost.inFrom, memory.in().memory(), 0, inTo);
        outTo = lost.outTo;
        memory.out().move(0, 0, outTo + Replies.SMALL_BYTES_MAX);
        MemorySegment.copy(lost.memory.out().memory(), 0, memory.out().memory(), 0, outTo);
        leftInOutbox = lost.leftInOutbox;
        recorded = true; // possibly; ending a batch without records does no harm
        if (hanging == Call.READ) {
            expect(requests.length(lost.slot));
        } else if (hanging == Call.ALLOCATION && requests.claim(lost.slot)) {
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
            int size = request.parse(memory.in().memory(), inFrom, inTo);
            if (size == Request.VIOLATION) {
                endBatch();
                LOG.warn("{}: cut off: {}", session.name(), request.violation());
                return Ending.ABRUPT;
            }
            if (size > inTo - inFrom) {
                endBatch();
                session.outbox().awaitRoom();
                if (!receive(size)) {
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
        if (inTo > inFrom) {
            LOG.info("{}: closed in the middle of a request", session.name());
        }
        return Ending.ABRUPT;
    }

    /// Receives what there is.
    ///
    /// @param needed how long the request at the beginning of the unread input is, as far as that is known
    /// @return whether it was not the end
    private boolean receive(int needed) throws LinuxException {
        Buffer in = memory.in();
        if (inFrom == inTo) {
            inFrom = 0;
            inTo = 0;
            if (++calm > CALM_BATCHES) {
                shrink();
            }
        }
        if (inFrom + needed > in.capacity()) {
            in.move(inFrom, inTo, needed);
            inTo -= inFrom;
            inFrom = 0;
        }
        if (needed > Buffer.BYTES / 2) {
            calm = 0;
        }
        int count = isGrown() ? receiveOrShrink(in) : 0;
        if (count == 0) {
            count = spin.receive(session.socket(), in.memory(), inTo, in.capacity() - inTo);
        }
        inTo += Math.max(0, count);
        return count >= 0;
    }

    private boolean isGrown() {
        return memory.in().isGrown() || memory.out().isGrown();
    }

    /// @return as [understudy.linux.StreamSocket#receive]; 0 after a while in which nothing came
    private int receiveOrShrink(Buffer in) throws LinuxException {
        int count = session.socket().receive(in.memory(), inTo, in.capacity() - inTo, false);
        if (count == 0 && !session.socket().awaitReadable(CALM) && inFrom == inTo) {
            shrink();
        }
        return count;
    }

    /// While neither buffer holds anything.
    private void shrink() {
        calm = 0;
        memory.in().shrink();
        memory.out().shrink();
    }

    /// Gives the request to the lane or answers it.
    ///
    /// @return whether to go on
    private boolean perform() {
        Verdict verdict = request.verdict(
                session.terms(), session.terms().export().volume().sizeBytes());
        int length = (int) request.length();
        boolean isRead = request.command() == Nbd.CMD_READ;
        if (verdict != Verdict.ACCEPTED) {
            reserve(Replies.SMALL_BYTES_MAX);
            inFrom += request.size();
            outTo += Replies.failure(
                    memory.out().memory(), outTo, structured, request.cookie(), verdict.error(), verdict.message());
            return true;
        }
        if (request.command() == Nbd.CMD_CACHE || (length == 0 && request.command() != Nbd.CMD_FLUSH)) {
            reserve(Replies.SMALL_BYTES_MAX);
            inFrom += request.size();
            outTo += Replies.success(memory.out().memory(), outTo, structured && isRead, request.cookie());
            return true;
        }
        if (isRead) {
            reserve(Replies.dataHeaderBytes(structured) + length);
            awaitBudget(length);
        } else {
            reserve(Replies.ALLOCATION_BYTES_MAX);
        }
        if (!awaitSlot()) {
            return false;
        }
        inFrom += request.size();
        slot = requests.take(request);
        switch (request.command()) {
            case Nbd.CMD_READ -> read(length);
            case Nbd.CMD_BLOCK_STATUS -> allocation();
            default -> record(length);
        }
        return true;
    }

    private void read(int length) {
        Buffer out = memory.out();
        int header = Replies.dataHeaderBytes(structured);
        MemorySegment target = out.slice(outTo + header, length);
        enter(Call.READ);
        boolean there = session.lane().read(slot, request.offset(), target);
        leave();
        if (!there) {
            expect(length);
        } else if (requests.claim(slot)) {
            outTo += Replies.dataHeader(out.memory(), outTo, structured, request.cookie(), request.offset(), length);
            outTo += length;
            requests.giveBack(slot);
        }
    }

    private void record(int length) {
        Lane lane = session.lane();
        boolean durable = request.has(Nbd.CMD_FLAG_FUA);
        recorded = true;
        enter(Call.RECORD);
        switch (request.command()) {
            case Nbd.CMD_WRITE ->
                lane.write(slot, request.offset(), memory.in().slice(inFrom - length, length), durable);
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
        if (requests.claim(slot)) {
            appendAllocation(slot, most, pieces);
            requests.giveBack(slot);
        }
    }

    private void appendAllocation(int about, int most, List<Lane.Allocation> pieces) {
        reserve(Replies.ALLOCATION_BYTES_MAX);
        long length = Integer.toUnsignedLong(requests.length(about));
        outTo += Replies.allocation(memory.out().memory(), outTo, requests.cookie(about), length, pieces, most);
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
    private void reserve(int bytes) {
        Buffer out = memory.out();
        if (outTo + bytes > out.capacity()) {
            endBatch();
            if (bytes > out.capacity()) {
                out.move(0, 0, bytes);
            }
        }
        if (bytes > Buffer.BYTES / 2) {
            calm = 0;
        }
    }

    /// What was recorded must be on its way before this thread waits for anything: the answers may hang on it.
    private void awaitBudget(int length) {
        if (!session.outbox().hasBudget(length)) {
            endBatch();
            session.outbox().awaitBudget(length);
        }
    }

    /// @return whether there is a free slot; else the connection is broken
    private boolean awaitSlot() {
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
    private void endBatch() {
        if (recorded) {
            enter(Call.END);
            session.lane().end();
            leave();
            recorded = false;
            inherited.forEach(Buffers::release);
            inherited.clear();
        }
        if (outTo > 0 || leftInOutbox) {
            leftInOutbox = false;
            session.outbox().send(memory.out(), outTo);
            outTo = 0;
        }
    }

    private void enter(Call next) {
        CALL.setRelease(this, next);
    }

    private void leave() {
        CALL.setRelease(this, Call.NONE);
    }
}
