package understudy.volume.nbd;

import java.time.Duration;
import java.util.Optional;
import understudy.linux.LinuxException;

/// Carries out the long requests of one [Worker], one at a time, and says to its successor where it is.
final class Pieces {
    private final Session session;
    private final Worker worker;
    private final Input input;
    private final RequestTable requests;
    private final LongRequest now = new LongRequest();

    Pieces(Session session, Worker worker, Input input) {
        this.session = session;
        this.worker = worker;
        this.input = input;
        requests = session.requests();
    }

    /// Goes on where another worker was lost.
    void takeOver(Pieces lost) {
        now.takeOver(lost.now);
    }

    boolean isUnderWay() {
        return now.isUnderWay();
    }

    /// Of any read.
    void wasAtOnce(boolean is) {
        now.wasAtOnce(is);
    }

    /// Whether an accepted read is to be answered in pieces.
    boolean takesRead(Request request) {
        return session.terms().structured() && request.length() > now.readBytes() && !request.has(Nbd.CMD_FLAG_DF);
    }

    void beginRead(Request request) {
        now.beginRead(request);
    }

    /// Begins a write of whose payload not all is there.
    ///
    /// @return whether to go on
    boolean beginWrite(Request request, Verdict verdict) {
        Optional<Integer> slot = Optional.empty();
        if (verdict == Verdict.ACCEPTED) {
            if (!worker.awaitSlot()) {
                return false;
            }
            slot = Optional.of(requests.take(request));
        }
        input.take(Request.HEADER_BYTES);
        now.beginWrite(request, verdict, slot);
        return true;
    }

    /// Does the next piece, or waits for more of it.
    ///
    /// @return false if the input or the connection has ended
    boolean goOn() throws LinuxException {
        if (!now.isWrite()) {
            return readNext();
        }
        return now.verdict() == Verdict.ACCEPTED ? writeNext() : skip();
    }

    private boolean writeNext() throws LinuxException {
        int there = Math.min(input.length(), now.rest());
        if (there < now.wanted()) {
            boolean isMore = worker.receive(now.wanted());
            if (!isMore && worker.isLastAnswer(now.slot())) {
                requests.giveBack(now.slot());
            }
            return isMore;
        }
        int piece = now.piece(there);
        boolean isEnd = piece == now.rest();
        long offset = now.offset();
        if (!isEnd) {
            requests.addPiece(now.slot());
        }
        input.take(piece);
        now.advance(piece);
        // A flush of the last piece covers those before it.
        worker.write(now.slot(), offset, piece, isEnd && now.durable());
        worker.endBatch();
        return true;
    }

    private boolean skip() throws LinuxException {
        if (input.length() == 0) {
            return worker.receive(now.wanted());
        }
        int there = Math.min(input.length(), now.rest());
        input.take(there);
        now.advance(there);
        if (!now.isUnderWay()) {
            worker.refuse(now.verdict(), now.cookie());
        }
        return true;
    }

    private boolean readNext() {
        // Chunks before this one leave first, those too that a lost thread left behind: others may answer it, and end
        // the reply, before this thread comes to send anything.
        worker.endBatch();
        if (now.isAwaiting() && !awaitPiece()) {
            return false;
        }
        if (!now.isUnderWay()) {
            return true; // the piece before failed, and was the last
        }
        int piece = now.piece();
        worker.reserve(Replies.dataHeaderBytes(true) + piece);
        worker.awaitBudget(piece);
        if (!worker.awaitSlot()) {
            return false;
        }
        long offset = now.offset();
        boolean isEnd = piece == now.rest();
        int slot = requests.takePiece(now.cookie(), offset, piece, !isEnd);
        now.advance(piece);
        now.await(slot);
        if (worker.read(slot, offset, piece, now.cookie(), isEnd)) {
            now.answered();
        }
        worker.endBatch();
        return true;
    }

    /// Until others have answered a piece.
    ///
    /// @return false if the connection is broken
    private boolean awaitPiece() {
        Outbox outbox = session.outbox();
        int slot = now.slot();
        boolean _ = outbox.await(() -> !requests.isTaken(slot) || outbox.isBroken(), Outbox.FOR_EVER);
        now.answered();
        // It leaves before what comes next.
        worker.leftInOutbox();
        worker.endBatch();
        if (requests.failure(slot).isPresent()) {
            now.end();
        }
        return !outbox.await(outbox::isBroken, Duration.ZERO);
    }
}
