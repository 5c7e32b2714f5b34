package understudy.volume.mirror;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Puts the frames of a batch together for one gathering write, from where the client's bytes are: a header
/// goes into the room before its payload, and what lies one behind the other in memory becomes one buffer. Used
/// by one thread at a time; what was gathered is valid until the next time.
final class BatchFrames {
    private static final MemorySegment MEMORY = everything();
    private static final int HEADERS_FIRST = 256;

    private MemorySegment headers = Arena.ofAuto().allocate((long) HEADERS_FIRST * Frame.HEADER_BYTES, 8);
    private int headersUsed;
    private ByteBuffer[] buffers = new ByteBuffer[16];
    private int count;
    private long runBegin;
    private long runEnd;

    /// The lane's contract gives us the bytes before a payload, which its segment does not cover (restricted:
    /// the addresses are those of native segments that their owner keeps alive during the call).
    @SuppressWarnings("restricted")
    private static MemorySegment everything() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    /// @return how many of [#buffers] there are
    int gather(Work work, int from, int to, long number) {
        count = 0;
        headersUsed = 0;
        reserveHeaders(work, from, to);
        for (int i = from; i < to; i++) {
            int last = i == to - 1 ? Frame.LAST : 0;
            if (work.isWrite(i)) {
                write(work.payload(i), work.offset(i), number, last);
            } else {
                int punch = work.mayPunch(i) ? Frame.PUNCH : 0;
                long header = spareHeader();
                Frame.encode(MEMORY, header, Frame.ZERO, last | punch, number, work.offset(i), (int) work.length(i));
                add(header, Frame.HEADER_BYTES);
            }
        }
        endRun();
        return count;
    }

    ByteBuffer[] buffers() {
        return buffers;
    }

    private void write(MemorySegment payload, long offset, long number, int last) {
        long length = payload.byteSize();
        long address = payload.address();
        long done = 0;
        while (done < length) {
            int piece = (int) Math.min(length - done, Frame.PAYLOAD_BYTES_MAX);
            int flags = done + piece == length ? last : 0;
            long header = done == 0 ? address - Frame.HEADER_BYTES : spareHeader();
            Frame.encode(MEMORY, header, Frame.WRITE, flags, number, offset + done, piece);
            add(header, Frame.HEADER_BYTES);
            add(address + done, piece);
            done += piece;
        }
    }

    /// All at once, since a header that was used must not move.
    private void reserveHeaders(Work work, int from, int to) {
        long needed = 0;
        for (int i = from; i < to; i++) {
            needed += work.isWrite(i) ? work.length(i) / Frame.PAYLOAD_BYTES_MAX : 1;
        }
        if (needed * Frame.HEADER_BYTES > headers.byteSize()) {
            headers = Arena.ofAuto().allocate(needed * Frame.HEADER_BYTES, 8);
        }
    }

    private long spareHeader() {
        return headers.address() + (long) headersUsed++ * Frame.HEADER_BYTES;
    }

    private void add(long address, long length) {
        if (address != runEnd) {
            endRun();
            runBegin = address;
        }
        runEnd = address + length;
    }

    private void endRun() {
        if (runEnd != 0) {
            if (count == buffers.length) {
                buffers = Arrays.copyOf(buffers, 2 * count);
            }
            buffers[count++] = MEMORY.asSlice(runBegin, runEnd - runBegin).asByteBuffer();
            runEnd = 0;
        }
    }
}
