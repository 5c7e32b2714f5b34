package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Waits for several descriptors at once, and for [#wake] by another thread (an eventfd). Allocates nothing a
/// wait.
///
/// Threads: one waits; any may wake it; `close` when nobody does either any more.
public final class Poll implements AutoCloseable {
    private static final int EFD_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final long STRIDE = Structs.POLLFD.byteSize();

    /// One entry for each descriptor and a last one for the eventfd.
    private final Arena arena = Arena.ofShared();

    private final MemorySegment entries;
    private final MemorySegment one;
    private final MemorySegment counter;
    private final int[] fds;
    private final int count;
    private final int eventFd;

    /// @param fds the descriptors to wait for, which stay the caller's; nothing of them is waited for until
    ///            [#interest] says so
    public Poll(int... fds) throws LinuxException {
        // Starts at 0; a read resets it, a write of 1 makes it readable.
        eventFd = Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (eventFd < 0) {
            arena.close();
            throw Native.failure("eventfd");
        }
        this.fds = fds.clone();
        count = fds.length;
        entries = arena.allocate(Structs.POLLFD, count + 1L);
        one = arena.allocate(JAVA_LONG);
        one.set(JAVA_LONG, 0, 1);
        counter = arena.allocate(JAVA_LONG);
        for (int i = 0; i < count; i++) {
            interest(i, false, false);
        }
        entries.set(JAVA_INT, count * STRIDE + Waiting.FD, eventFd);
        entries.set(JAVA_SHORT, count * STRIDE + Waiting.EVENTS, Waiting.POLLIN);
    }

    /// What to wait for at the descriptor of index `i` of those given at construction. With neither, the
    /// descriptor is left out of later waits, its end and its errors included.
    public void interest(int i, boolean readable, boolean writable) {
        int events = (readable ? Waiting.POLLIN : 0) | (writable ? Waiting.POLLOUT : 0);
        // poll skips negative descriptors.
        entries.set(JAVA_INT, checked(i) + Waiting.FD, events == 0 ? -1 : fds[i]);
        entries.set(JAVA_SHORT, checked(i) + Waiting.EVENTS, (short) events);
    }

    /// Waits until a descriptor has what is of interest, or another thread wakes it, or the time is over.
    ///
    /// @param nanos the most to wait; negative for ever; rounded up to whole milliseconds
    /// @return whether anything but the time's end ended the wait
    public boolean await(long nanos) throws LinuxException {
        int ready = Waiting.forAny(entries, count + 1, nanos, "poll");
        if ((returned(count) & Waiting.POLLIN) != 0) {
            // Eight bytes, as an eventfd wants; a failure means that it was reset already.
            long _ = Libc.read(eventFd, counter, 0, Long.BYTES);
        }
        return ready > 0;
    }

    /// Whether the last wait found bytes to read, the end, or an error at the descriptor of index `i`: a read
    /// will tell.
    public boolean isReadable(int i) {
        checked(i);
        return (returned(i) & (Waiting.POLLIN | Waiting.POLLHUP | Waiting.POLLERR | Waiting.POLLNVAL)) != 0;
    }

    /// Whether the last wait found room to write at the descriptor of index `i`.
    public boolean isWritable(int i) {
        checked(i);
        return (returned(i) & Waiting.POLLOUT) != 0;
    }

    /// Ends the current wait, or else the next one at once.
    public void wake() {
        // Eight bytes; fails only when the counter is at its limit, and then it is readable anyway.
        long _ = Libc.write(eventFd, one, 0, Long.BYTES);
    }

    private short returned(int i) {
        return entries.get(JAVA_SHORT, i * STRIDE + Waiting.RETURNED);
    }

    private long checked(int i) {
        if (i < 0 || i >= count) {
            throw new IndexOutOfBoundsException("descriptor " + i + " of " + count);
        }
        return i * STRIDE;
    }

    /// Closes the eventfd; the other descriptors stay open.
    @Override
    public void close() {
        Libc.close(eventFd);
        arena.close();
    }
}
