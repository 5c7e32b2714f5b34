package understudy.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.Poll;
import understudy.linux.Tap;
import understudy.linux.UnixSocket;
import understudy.model.MacAddress;

/// One guest NIC: QEMU's network socket joined to a TAP device, with the output gate in between (design section
/// 5).
///
/// A thread of its own moves frames in both directions, in batches. Everything that decides what a frame
/// belongs to happens under one lock: a frame that was read before [#seal] belongs to the epoch that it ends,
/// one read afterwards to the next, and [#release] writes to the uplink before it returns. A frame of which
/// only a part had been read at a seal belongs to the later epoch, which is safe: it leaves later than it
/// might.
///
/// An open port asks with each frame whether it may leave ([Listener#mayLeave]), and holds what may not: below
/// level `system` the guest's host needs a lease. What is between that question and the kernel is one system call.
///
/// Invariant: in `GATED` mode no frame leaves before the release of the epoch that it was read in, nor after the time
/// that the release came with: this process may have stood still, and another host have taken the guest over.
///
/// Rejected: two threads, one for each direction. Both would wake for most round trips of a guest that answers.
///
/// Threads: any may call any method, save from within [Listener].
public final class Port implements AutoCloseable {
    /// What may be held behind the gate, in bytes, unless said otherwise.
    public static final int HELD_BYTES_MAX = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Port.class);
    private static final int GUEST = 0;
    private static final int UPLINK = 1;

    /// Reads of a quarter MiB when a shut port is opened: what came while it was shut, and a bound.
    private static final int STALE_READS_MAX = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final UnixSocket guest;
    private final Uplink uplink;
    private final Listener listener;
    private final Counters counters = new Counters();
    private final Frames frames = new Frames();
    private final HeldFrames held;
    private final Inbound inbound = new Inbound();
    private final Poll poll;
    private final Thread thread;

    private Mode mode = Mode.SHUT;
    private long epoch;
    private volatile boolean outputWaiting;
    private boolean waitingToTell;
    private boolean full;
    private boolean fullToTell;
    private boolean guestGone;
    private Optional<String> goneToTell = Optional.empty();
    private boolean closed;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Port(UnixSocket guest, Tap tap, MacAddress mac, int heldBytesMax, Listener listener) throws IOException {
        this.guest = guest;
        this.listener = listener;
        uplink = new Uplink(tap, mac, counters);
        held = new HeldFrames(heldBytesMax);
        poll = new Poll(guest.fd(), tap.fd());
        thread = Thread.ofPlatform().daemon().name("port " + tap.name()).unstarted(this::serve);
    }

    /// Connects to the socket on which QEMU listens (`-netdev stream,server=on,addr.type=unix`) and begins, shut.
    ///
    /// @param tap becomes the port's, which closes it; the caller's still if this fails
    /// @param mac the guest NIC's, for its announcements
    public static Port connect(Path socket, Tap tap, MacAddress mac, Listener listener) throws IOException {
        return connect(socket, tap, mac, HELD_BYTES_MAX, listener);
    }

    /// As the shorter one.
    ///
    /// @param heldBytesMax what may be held behind the gate, frames with 16 to 23 bytes of overhead each; at
    ///                     least 256 KiB and a little
    public static Port connect(Path socket, Tap tap, MacAddress mac, int heldBytesMax, Listener listener)
            throws IOException {
        UnixSocket guest = UnixSocket.connect(socket);
        try {
            Port port = new Port(guest, tap, mac, heldBytesMax, listener);
            port.thread.start();
            return port;
        } catch (IOException | RuntimeException e) {
            guest.close();
            throw e;
        }
    }

    public Counters counters() {
        return counters;
    }

    public Mode mode() {
        lock.lock();
        try {
            return mode;
        } finally {
            lock.unlock();
        }
    }

    /// Whether a frame of the running epoch is held.
    public boolean isOutputWaiting() {
        return outputWaiting;
    }

    /// Holds frames from now on, as those of `epoch`. Frames that had left are gone; frames held already keep
    /// their epochs.
    ///
    /// @param running not less than the running epoch if the port is gated already
    public void gate(long running) {
        changing(() -> {
            if (mode == Mode.GATED && running < epoch) {
                throw new IllegalArgumentException("gating epoch " + running + " after epoch " + epoch);
            }
            dropStale();
            outputWaiting = mode == Mode.GATED && outputWaiting && running == epoch;
            mode = Mode.GATED;
            epoch = running;
        });
    }

    /// Ends the running epoch and begins the next. To be called while the guest stands still: reads all that it
    /// has sent into the epoch that ends, without waiting (as far as there is room: the rest belongs to the
    /// next).
    ///
    /// @throws IllegalStateException if the port is not gated
    public void seal() {
        passing(() -> {
            if (mode != Mode.GATED) {
                throw new IllegalStateException("sealing epoch " + epoch + " of a port that is " + mode);
            }
            boolean more = true;
            while (more) {
                more = receive();
            }
            epoch++;
            outputWaiting = false;
            waitingToTell = false;
        });
    }

    /// Lets all frames of epochs up to `committed` leave, in order, before it returns. Nothing happens unless the
    /// port is gated: nothing is held then.
    ///
    /// @param committed less than the running epoch
    /// @param until     what has not left at this moment ([System#nanoTime]) stays held, until a later release
    /// @throws IllegalArgumentException if that epoch has not been sealed; nothing has left then
    public void release(long committed, long until) {
        passing(() -> {
            if (mode != Mode.GATED) {
                return;
            }
            if (committed >= epoch) {
                throw new IllegalArgumentException("releasing epoch " + committed + " while epoch " + epoch + " runs");
            }
            sendHeld(committed, until);
        });
    }

    /// Lets all held frames leave, in order, and later ones as they come.
    public void open() {
        changing(() -> {
            dropStale();
            mode = Mode.OPEN;
            sendOpen();
            outputWaiting = false;
            waitingToTell = false;
        });
    }

    /// Frames of an open port that had to be held may leave now.
    public void retry() {
        changing(this::sendOpen);
    }

    /// Drops what is held, and lets nothing leave or enter; ends announcements, too.
    public void shut() {
        changing(() -> {
            mode = Mode.SHUT;
            counters.framesDropped.add(held.count());
            held.clear();
            inbound.drop();
            uplink.fallSilent();
            outputWaiting = false;
            waitingToTell = false;
        });
    }

    /// Tells the network behind the uplink that the guest is here: now, and a few times more over the next
    /// seconds.
    ///
    /// @throws IllegalStateException if the port is shut
    public void announce() {
        changing(() -> {
            if (mode == Mode.SHUT) {
                throw new IllegalStateException("announcing the guest of a port that is shut");
            }
            if (listener.mayLeave()) {
                uplink.announce(System.nanoTime());
            }
        });
    }

    /// The IPv4 addresses that the guest has claimed, at most 16; the one claimed last comes last.
    public List<Inet4Address> addresses() {
        List<Integer> known = new ArrayList<>();
        locked(() -> known.addAll(uplink.addresses().known()));
        return known.stream().map(Port::address).toList();
    }

    /// Takes over addresses that another host's port has learnt, so that announcements name them.
    public void learn(Collection<Inet4Address> claimed) {
        locked(() -> {
            for (Inet4Address address : claimed) {
                uplink.addresses().add(ByteBuffer.wrap(address.getAddress()).getInt());
            }
        });
    }

    private static Inet4Address address(int number) {
        try {
            byte[] octets = ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
            return (Inet4Address) InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    /// Under the lock, and not at all once the port is closed; then the thread looks at the new state.
    private void changing(Runnable change) {
        locked(() -> {
            change.run();
            poll.wake();
        });
    }

    /// Under the lock, and not at all once the port is closed; the thread is woken only if there is something
    /// to do: a seal and a release come with every checkpoint, and a wake takes time from a guest that stands
    /// still.
    private void passing(Runnable step) {
        locked(() -> {
            step.run();
            if (full || goneToTell.isPresent() || uplink.hasFailureToTell()) {
                poll.wake();
            }
        });
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            if (!closed) {
                work.run();
            }
        } finally {
            lock.unlock();
        }
    }

    private void serve() {
        try {
            while (prepare()) {
                listen();
                tell();
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("port {}: frames are no longer moved", uplink.tap().name(), e);
            listener.guestGone("the port failed: " + e.getMessage());
        }
    }

    /// Waits for whatever can be done in the present state.
    ///
    /// @return false if the port is closed
    private boolean prepare() throws IOException {
        long nanos;
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            poll.interest(GUEST, !guestGone && !full, !guestGone && inbound.isPending());
            poll.interest(UPLINK, !inbound.isPending(), false);
            nanos = listener.mayLeave() ? uplink.repeat(System.nanoTime()) : -1;
        } finally {
            lock.unlock();
        }
        poll.await(nanos);
        return true;
    }

    private void listen() {
        boolean guestReadable = poll.isReadable(GUEST);
        boolean uplinkReadable = poll.isReadable(UPLINK);
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (guestReadable || full) {
                receive();
            }
            if (uplinkReadable) {
                collect();
            }
            forward();
        } finally {
            lock.unlock();
        }
    }

    /// Tells the listener, without the lock, what happened under it.
    private void tell() {
        boolean waiting;
        boolean tooMuch;
        Optional<String> gone;
        Optional<String> failure;
        lock.lock();
        try {
            waiting = waitingToTell;
            tooMuch = fullToTell;
            gone = goneToTell;
            failure = uplink.failureToTell();
            waitingToTell = false;
            fullToTell = false;
            goneToTell = Optional.empty();
        } finally {
            lock.unlock();
        }
        if (waiting) {
            listener.outputWaiting();
        }
        if (tooMuch) {
            listener.outputFull();
        }
        failure.ifPresent(listener::uplinkFailed);
        gone.ifPresent(listener::guestGone);
    }

    /// Deals with the frames that are in the buffer, reads once more, and deals with those.
    ///
    /// @return whether there may be more to read
    private boolean receive() {
        if (guestGone) {
            return false;
        }
        try {
            if (!dispatch()) {
                return false;
            }
            int count = frames.fill(guest::read);
            if (count < 0) {
                guestIsGone("QEMU has closed the network socket");
            }
            return count > 0 && dispatch();
        } catch (IOException e) {
            guestIsGone(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /// @return false if frames remain in the buffer because there is no room to hold them
    private boolean dispatch() throws IOException {
        while (true) {
            boolean noRoom = mode != Mode.SHUT && !held.hasRoom();
            fullToTell |= noRoom && !full;
            full = noRoom;
            if (noRoom) {
                return false;
            }
            if (!frames.next()) {
                return true;
            }
            dispatch(frames.frameOffset(), frames.frameLength());
        }
    }

    private void dispatch(int offset, int length) {
        switch (mode) {
            case SHUT -> counters.framesDropped.increment();
            case OPEN -> {
                if (held.isEmpty() && listener.mayLeave()) {
                    uplink.send(frames.buffer(), offset, length);
                } else {
                    held.add(epoch, frames.buffer(), offset, length);
                    counters.framesHeld.increment();
                }
            }
            case GATED -> {
                held.add(epoch, frames.buffer(), offset, length);
                counters.framesHeld.increment();
                if (!outputWaiting) {
                    outputWaiting = true;
                    waitingToTell = true;
                }
            }
        }
    }

    private void guestIsGone(String reason) {
        guestGone = true;
        goneToTell = Optional.of(reason);
        inbound.drop();
    }

    private void sendOpen() {
        while (mode == Mode.OPEN && !held.isEmpty() && listener.mayLeave()) {
            sendFirst();
        }
    }

    private void sendHeld(long committed, long until) {
        while (!held.isEmpty() && held.epoch() <= committed && System.nanoTime() - until < 0) {
            sendFirst();
        }
    }

    private void sendFirst() {
        uplink.send(held.buffer(), held.frameOffset(), held.frameLength());
        held.remove();
    }

    /// Drops what both sides sent while the port was shut, if it is, and has not been read yet.
    private void dropStale() {
        int reads = 0;
        while (mode == Mode.SHUT && reads < STALE_READS_MAX && receive()) {
            reads++;
        }
        reads = 0;
        while (mode == Mode.SHUT && reads < STALE_READS_MAX && collect()) {
            reads++;
        }
    }

    /// Takes a batch from the uplink, if the last one is through. Frames that nobody may have are read all the
    /// same, so that they do not enter later.
    ///
    /// @return whether there may be more
    private boolean collect() {
        if (inbound.isPending()) {
            return false;
        }
        int count = collected();
        if (mode == Mode.SHUT || guestGone) {
            inbound.drop();
            counters.framesDropped.add(count);
        } else {
            counters.framesIn.add(count);
            counters.bytesIn.add(inbound.pendingBytes());
        }
        return count > 0;
    }

    /// A TAP device that can be written to can be read from: a failure is a broken invariant.
    private int collected() {
        try {
            return inbound.collect(uplink.tap());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void forward() {
        if (guestGone || !inbound.isPending()) {
            return;
        }
        try {
            inbound.send(guest);
        } catch (IOException e) {
            guestIsGone(String.valueOf(e.getMessage()));
        }
    }

    /// Ends the thread and closes both sides; what is held is dropped. Waits for a call of the listener that is
    /// under way. Closing twice is closing once.
    @Override
    public void close() {
        boolean first = !ended.getAndSet(true);
        changing(() -> closed = true);
        joinThread();
        if (first) {
            poll.close();
            guest.close();
            uplink.close();
            frames.close();
            held.close();
            inbound.close();
        }
    }

    /// The thread ends soon after a wake, so an interruption is kept for later.
    private void joinThread() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
