package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.util.List;
import understudy.volume.Lane;

/// The replies of one [Worker] that leave with its batch.
///
/// The memory grows for a reply that is longer, and shrinks when there have been none of these for a while.
final class Output {

    /// A connection that had only small replies in so many batches needs no large buffer.
    private static final int CALM_BATCHES = 4096;

    private final Buffer buffer;
    private final boolean structured;
    private int length;
    private int calm;

    Output(Buffer buffer, boolean structured) {
        this.buffer = buffer;
        this.structured = structured;
    }

    /// Goes on with what another one holds, which may still be read from, but not changed.
    void takeOver(Output lost) {
        length = lost.length;
        buffer.move(0, 0, length + Replies.SMALL_BYTES_MAX);
        MemorySegment.copy(lost.buffer.memory(), 0, buffer.memory(), 0, length);
    }

    /// In bytes.
    int length() {
        return length;
    }

    boolean hasRoom(int bytes) {
        return length + bytes <= buffer.capacity();
    }

    /// While it is empty: has room for so much from here on.
    void grow(int bytes) {
        buffer.move(0, 0, bytes);
    }

    /// A reply of so many bytes will come.
    void expect(int bytes) {
        if (bytes > Buffer.BYTES / 2) {
            calm = 0;
        }
    }

    /// While it is empty: another batch is over.
    void rest() {
        if (++calm > CALM_BATCHES) {
            shrink();
        }
    }

    boolean isGrown() {
        return buffer.isGrown();
    }

    /// While it is empty.
    void shrink() {
        calm = 0;
        buffer.shrink();
    }

    /// Where the data of a read belong if that is what is replied next.
    MemorySegment target(int bytes) {
        return buffer.slice(length + Replies.dataHeaderBytes(structured), bytes);
    }

    /// The data of a read are in their place.
    void addData(boolean isEnd, long cookie, long offset, int bytes) {
        length += Replies.dataHeader(buffer.memory(), length, structured, isEnd, cookie, offset, bytes) + bytes;
    }

    /// @param isRead whether it is the reply to a read, of nothing
    void addSuccess(boolean isRead, long cookie) {
        length += Replies.success(buffer.memory(), length, structured && isRead, cookie);
    }

    void addRefusal(Verdict verdict, long cookie) {
        length += Replies.failure(buffer.memory(), length, structured, cookie, verdict.error(), verdict.message());
    }

    void addAllocation(long cookie, long bytes, List<Lane.Allocation> pieces, int most) {
        length += Replies.allocation(buffer.memory(), length, cookie, bytes, pieces, most);
    }

    /// Sends all.
    void send(Outbox outbox) {
        outbox.send(buffer, length);
        length = 0;
    }
}
