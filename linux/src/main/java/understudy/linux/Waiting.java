package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// Waiting with poll(2) until a moment, whatever signals arrive in between.
final class Waiting {
    static final short POLLIN = 1;
    static final short POLLOUT = 4;
    static final short POLLERR = 8;
    static final short POLLHUP = 16;
    static final short POLLNVAL = 32;

    static final long FD = Structs.offset(Structs.POLLFD, "fd");
    static final long EVENTS = Structs.offset(Structs.POLLFD, "events");
    static final long RETURNED = Structs.offset(Structs.POLLFD, "revents");

    private Waiting() {}

    /// The events that came for one descriptor; 0 if none came in time.
    static short forOne(int fd, short events, Duration timeLimit, String what) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entry = arena.allocate(Structs.POLLFD);
            entry.set(JAVA_INT, FD, fd);
            entry.set(JAVA_SHORT, EVENTS, events);
            return forAny(entry, 1, timeLimit.toNanos(), what) == 0 ? 0 : entry.get(JAVA_SHORT, RETURNED);
        }
    }

    /// How many of the entries have events; 0 if none came in time.
    ///
    /// @param nanos negative for ever; else rounded up to poll's milliseconds, so that nobody spins on a rest
    static int forAny(MemorySegment entries, int count, long nanos, String what) throws LinuxException {
        long began = System.nanoTime();
        long rest = nanos;
        while (true) {
            int ready = Libc.poll(entries, count, millis(rest));
            if (ready >= 0) {
                return ready;
            }
            if (Native.errno() != Errno.EINTR) {
                throw Native.failure(what);
            }
            rest = nanos < 0 ? nanos : Math.max(0, nanos - (System.nanoTime() - began));
        }
    }

    private static int millis(long nanos) {
        return nanos < 0 ? -1 : (int) Math.min(Integer.MAX_VALUE, Math.ceilDiv(nanos, 1_000_000L));
    }
}
