package understudy.volume.nbd;

import java.util.Optional;
import understudy.volume.Geometry;

/// A long write or read, which is carried out in pieces: while one is written the client sends the next, and
/// while one is sent the next is read. So both sides work at the same time, a piece stays in the processor's
/// cache from the socket to the disk or back, and no connection needs a buffer for the whole.
///
/// A write is refused or accepted when its header is there. Pieces end where blocks end, so that no block is
/// touched twice. A read is answered in as many chunks, if the client knows chunks and allows it
/// (`NBD_CMD_FLAG_DF`); the last chunk must leave last, and so each piece is answered before the next is begun.
/// While others answer reads, from far away, the pieces are larger, so that most reads are one.
final class LongRequest {

    /// The least that is worth a piece, unless it is the last: half of a processor's own cache, or less.
    static final int PIECE_BYTES = 128 << 10;

    /// The same for reads while others answer them.
    static final int FAR_PIECE_BYTES = 1 << 20;

    private static final int NONE = -1;

    private Verdict verdict = Verdict.ACCEPTED;
    private boolean isWrite;
    private boolean durable;
    private long cookie;
    private long offset;
    private int rest;
    private int slot = NONE;
    private boolean isFar;

    /// Whether a request is long enough.
    static boolean isLong(int length) {
        return length > PIECE_BYTES;
    }

    /// Begins a write whose payload follows.
    ///
    /// @param taken where it is in the table, if it is accepted
    void beginWrite(Request request, Verdict said, Optional<Integer> taken) {
        begin(request);
        isWrite = true;
        verdict = said;
        slot = taken.orElse(NONE);
    }

    void beginRead(Request request) {
        begin(request);
        isWrite = false;
        verdict = Verdict.ACCEPTED;
        slot = NONE;
    }

    private void begin(Request request) {
        durable = request.has(Nbd.CMD_FLAG_FUA);
        cookie = request.cookie();
        offset = request.offset();
        rest = (int) request.length();
    }

    /// Goes on with what another thread was at.
    void takeOver(LongRequest lost) {
        verdict = lost.verdict;
        isWrite = lost.isWrite;
        durable = lost.durable;
        cookie = lost.cookie;
        offset = lost.offset;
        rest = lost.rest;
        slot = lost.slot;
        isFar = lost.isFar;
    }

    boolean isUnderWay() {
        return rest > 0;
    }

    boolean isWrite() {
        return isWrite;
    }

    /// Why the payload of a write is only skipped, if it is.
    Verdict verdict() {
        return verdict;
    }

    boolean durable() {
        return durable;
    }

    long cookie() {
        return cookie;
    }

    /// Of the next piece.
    long offset() {
        return offset;
    }

    /// What is to be done yet, in bytes.
    int rest() {
        return rest;
    }

    /// Where the write is in the table, or the piece of a read that was begun last.
    int slot() {
        return slot;
    }

    /// How many bytes must be there for the next piece of a write.
    int wanted() {
        return Math.min(rest, PIECE_BYTES + Geometry.BLOCK_BYTES);
    }

    /// How long the next piece is.
    ///
    /// @param there how much of a write can be had
    int piece(int there) {
        return there >= rest ? rest : (int) ((offset + there) / Geometry.BLOCK_BYTES * Geometry.BLOCK_BYTES - offset);
    }

    /// How long the next piece of a read is.
    int piece() {
        return piece(readBytes());
    }

    /// The next piece has been taken up.
    void advance(int piece) {
        offset += piece;
        rest -= piece;
    }

    /// A piece of a read is with the volume, under this number, until it is answered.
    void await(int pieceSlot) {
        slot = pieceSlot;
    }

    /// The piece is answered.
    void answered() {
        slot = NONE;
    }

    /// A read, or a piece of one, was there as soon as it was asked for, or was not.
    void wasAtOnce(boolean is) {
        isFar = !is;
    }

    /// How long a read is done in one piece.
    int readBytes() {
        return isFar ? FAR_PIECE_BYTES : PIECE_BYTES;
    }

    /// Whether a piece of a read is to be answered before the next is begun.
    boolean isAwaiting() {
        return slot != NONE;
    }

    /// Nothing more is done of it.
    void end() {
        rest = 0;
        slot = NONE;
    }
}
