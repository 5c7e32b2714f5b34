package understudy.volume.nbd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.LinuxException;
import understudy.linux.StreamSocket;

/// One client: its handshake, bounded in time, then its [Session].
final class Connection implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final String name;
    private final StreamSocket socket;
    private final List<Export> exports;
    private final Duration timeLimit;
    private final Executor drains;
    private final Consumer<Connection> ended;
    private final Buffers memory = new Buffers();
    private volatile Optional<Session> session = Optional.empty();
    private volatile boolean ending;
    private int inFrom;
    private int inTo;

    /// @param ended told when nothing of it is left
    Connection(
            String name,
            StreamSocket socket,
            List<Export> exports,
            Duration timeLimit,
            Executor drains,
            Consumer<Connection> ended) {
        this.name = name;
        this.socket = socket;
        this.exports = exports;
        this.timeLimit = timeLimit;
        this.drains = drains;
        this.ended = ended;
    }

    String name() {
        return name;
    }

    @Override
    public void run() {
        Optional<Session> opened = Optional.empty();
        try {
            opened = negotiate().map(this::open);
        } catch (LinuxException e) {
            LOG.debug("{}: {}", name, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("{}: cut off by a mistake in this program", name, e);
        }
        if (opened.isPresent()) {
            opened.get().run();
        } else {
            memory.release();
            socket.close();
            ended.accept(this);
        }
    }

    private Session open(Terms terms) {
        String sessionName = name + " " + terms.export().name();
        Outbox outbox = new Outbox(socket, sessionName, drains);
        try {
            Session made =
                    new Session(sessionName, socket, terms, outbox, memory, inFrom, inTo, () -> ended.accept(this));
            session = Optional.of(made);
        } catch (RuntimeException e) {
            outbox.close();
            throw e;
        }
        if (ending) {
            session.get().end();
        }
        return session.get();
    }

    /// Lets what is under way be answered, then ends it.
    void end() {
        ending = true;
        session.ifPresent(Session::end);
        socket.shutdownInput(); // last: who finds the end of the input must know why
    }

    /// Ends it at once.
    void cut() {
        socket.shutdown();
        session.ifPresent(Session::cut);
    }

    /// @return what was agreed on; nothing if the connection is over
    private Optional<Terms> negotiate() throws LinuxException {
        long deadline = System.nanoTime() + timeLimit.toNanos();
        Negotiation negotiation = new Negotiation(exports);
        while (true) {
            ByteBuffer unread =
                    memory.in().memory().asSlice(inFrom, inTo - inFrom).asByteBuffer();
            Negotiation.Outcome outcome = negotiation.take(unread);
            inFrom += unread.position();
            if (!send(negotiation.replies(), deadline)) {
                return tooSlow();
            }
            switch (outcome) {
                case Negotiation.Agreed(Terms terms) -> {
                    return Optional.of(terms);
                }
                case Negotiation.Over(String why, boolean violation) -> {
                    if (violation) {
                        LOG.warn("{}: cut off: {}", name, why);
                    }
                    return Optional.empty();
                }
                case Negotiation.Haggling() -> {
                    Optional<Boolean> more = receive(deadline);
                    if (more.isEmpty()) {
                        return tooSlow();
                    }
                    if (!more.get()) {
                        return Optional.empty();
                    }
                }
            }
        }
    }

    private Optional<Terms> tooSlow() {
        LOG.warn("{}: cut off: no end of the handshake in {} s", name, timeLimit.toSeconds());
        return Optional.empty();
    }

    /// @return whether there was more than the end; nothing if the time is over
    private Optional<Boolean> receive(long deadline) throws LinuxException {
        Buffer in = memory.in();
        in.move(inFrom, inTo, in.capacity());
        inTo -= inFrom;
        inFrom = 0;
        if (!socket.awaitReadable(until(deadline))) {
            return Optional.empty();
        }
        int count = socket.receive(in.memory(), inTo, in.capacity() - inTo, false);
        inTo += Math.max(0, count);
        return Optional.of(count >= 0);
    }

    /// @return whether it was done in time
    private boolean send(byte[] bytes, long deadline) throws LinuxException {
        MemorySegment out = memory.out().memory();
        for (int at = 0; at < bytes.length; ) {
            int part = Math.min(bytes.length - at, (int) out.byteSize());
            MemorySegment.copy(bytes, at, out, ValueLayout.JAVA_BYTE, 0, part);
            for (int sent = 0; sent < part; ) {
                sent += socket.send(out, sent, part - sent, false);
                if (sent < part && !socket.awaitWritable(until(deadline))) {
                    return false;
                }
            }
            at += part;
        }
        return true;
    }

    private static Duration until(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }
}
