package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import understudy.linux.LinuxException;
import understudy.linux.StreamSocket;

/// Waits for the client's next bytes: awake for a little while, if that has paid lately, then asleep.
///
/// A sleeping core takes longer to wake than a request takes to be carried out. Staying awake pays where a client
/// waits for each answer and another core runs it; where the cores are busy with other work it only takes their
/// time, which shows in that nothing comes.
final class Spin {
    private static final long NANOS = 20_000;
    private static final int CREDIT_MAX = 8;

    /// One wait in so many is tried awake when it did not pay before.
    private static final int PROBE_EVERY = 64;

    private int credit = CREDIT_MAX;
    private int waits;

    /// As [StreamSocket#receive], with waiting.
    int receive(StreamSocket socket, MemorySegment into, int offset, int length) throws LinuxException {
        if (credit > 0 || ++waits % PROBE_EVERY == 0) {
            long began = System.nanoTime();
            do {
                int count = socket.receive(into, offset, length, false);
                if (count != 0) {
                    credit = Math.min(credit + 1, CREDIT_MAX);
                    return count;
                }
                Thread.onSpinWait();
            } while (System.nanoTime() - began < NANOS);
            credit = Math.max(credit - 1, 0);
        }
        return socket.receive(into, offset, length, true);
    }
}
