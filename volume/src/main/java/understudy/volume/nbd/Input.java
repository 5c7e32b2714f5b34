package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import understudy.linux.LinuxException;
import understudy.linux.ShortSleep;
import understudy.linux.StreamSocket;

/// What a client has sent and nobody has taken up yet: a part of a buffer that never grows, since long requests
/// are taken up in pieces.
///
/// What is left over is moved to the beginning as long as it is short, so that a connection goes on using the
/// same memory, which the processor still has in its cache.
final class Input {

    /// What is received comes to lie from here on: behind room for a header, which a volume may want before each
    /// payload, and so that the first request's payload begins a line of the processor's cache.
    private static final int BASE = 64 - Request.HEADER_BYTES;

    private static final int SHORT_BYTES = 4096;

    /// How long requests gather, when they do: two or three of a fast client.
    private static final long REST_NANOS = 11_000;

    private final Buffer buffer;
    private final Spin spin = new Spin();
    private final Gathering gathering = new Gathering(System::nanoTime);
    private final ShortSleep sleep = new ShortSleep();
    private int from;
    private int to;

    /// @param from where, up to `to`, the buffer holds something already
    Input(Buffer buffer, int from, int to) {
        this.buffer = buffer;
        this.from = from;
        this.to = to;
    }

    /// Goes on with what another one holds, which may still be read from, but not changed.
    void takeOver(Input lost) {
        // A request has been taken up: there was room for its header before what is left.
        from = Math.min(BASE, buffer.capacity() - lost.length());
        to = from + lost.length();
        MemorySegment.copy(lost.buffer.memory(), lost.from, buffer.memory(), from, lost.length());
    }

    /// How many bytes there are.
    int length() {
        return to - from;
    }

    /// Takes the request at the beginning apart, as [Request#parse] does.
    int parse(Request request) {
        return request.parse(buffer.memory(), from, to);
    }

    /// The first bytes are taken up, and stay where they are until the next [#receive].
    void take(int bytes) {
        from += bytes;
        gathering.took(bytes);
    }

    /// The bytes that were taken up last.
    MemorySegment taken(int bytes) {
        return buffer.slice(from - bytes, bytes);
    }

    /// Waits for something and receives what there is.
    ///
    /// @param needed how many bytes are to lie side by side some day; at most half of [Buffer#BYTES]
    /// @return whether it was not the end
    boolean receive(StreamSocket socket, int needed) throws LinuxException {
        if (length() <= SHORT_BYTES || from + needed > buffer.capacity()) {
            int length = length();
            if (length > 0 && from != BASE) {
                MemorySegment.copy(buffer.memory(), from, buffer.memory(), BASE, length);
            }
            from = BASE;
            to = BASE + length;
        }
        if (gathering.isRestDue()) {
            sleep.sleep(REST_NANOS);
        }
        int count = spin.receive(socket, buffer.memory(), to, buffer.capacity() - to);
        to += Math.max(0, count);
        return count >= 0;
    }
}
