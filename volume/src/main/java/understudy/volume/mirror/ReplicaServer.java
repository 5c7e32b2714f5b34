package understudy.volume.mirror;

import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// The side of a mirror that holds the other replica: takes what the serving side sends, one association at a
/// time.
///
/// A later association ends the earlier one, and begins only when every request of that has returned from the
/// disk (design, section 3.1, rule 8): until then it is refused.
///
/// A replica whose disk failed is closed and opened anew for the next association.
public final class ReplicaServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaServer.class);
    private static final long HANDOVER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String name;
    private final Opener opener;
    private final UUID boot;
    private final Threads threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Optional<ReplicaStore> store = Optional.empty();
    private Optional<ReplicaSession> session = Optional.empty();
    private boolean hasFailed;
    private boolean isClosed;
    private long view;
    private volatile String lastRefusal = "";

    /// Finds the replica.
    public interface Opener {
        /// @param volume    of which volume it must be
        /// @param sizeBytes how large that is
        /// @throws StoreRefusedException if this side has no such replica
        ReplicaStore open(UUID volume, long sizeBytes) throws StoreRefusedException, DiskFailedException;
    }

    /// @param boot this start of this host
    public ReplicaServer(String name, Opener opener, UUID boot) {
        this(name, opener, boot, new MachineThreads());
    }

    ReplicaServer(String name, Opener opener, UUID boot, Threads threads) {
        this.threads = threads;
        this.name = name;
        this.opener = opener;
        this.boot = boot;
    }

    /// Serves one association until it ends; for a thread of its own. Closes the wire.
    public void serve(MirrorWire wire) {
        try (wire) {
            Hello.Greeting greeting = Handshake.within(
                    Handshake.TIME, threads, wire, () -> Hello.Greeting.decode(Hello.read(wire, Hello.GREETING_BYTES)));
            ReplicaSession mine;
            try {
                mine = admit(wire, greeting);
            } catch (StoreRefusedException e) {
                refuse(wire, e.getMessage() + " (" + e.correction() + ")");
                return;
            } catch (DiskFailedException e) {
                refuse(wire, "its disk failed: " + e.getMessage());
                return;
            }
            try {
                Hello.write(wire, reply(mine.store()).encode());
                LOG.info("{}: serves replica {}", name, mine.store().identity().replica());
                mine.run();
            } finally {
                leave(mine);
            }
        } catch (BrokenLinkException e) {
            LOG.info("{}: {}", name, e.getMessage());
        } catch (IOException e) {
            LOG.info("{}: the link broke: {}", name, e.getMessage());
        }
    }

    private void refuse(MirrorWire wire, String why) throws IOException {
        if (!why.equals(lastRefusal)) {
            lastRefusal = why;
            LOG.warn("{}: refused an association: {}", name, why);
        }
        Hello.write(wire, Hello.Reply.refusing(why).encode());
    }

    private Hello.Reply reply(ReplicaStore open) {
        return new Hello.Reply(
                Optional.empty(), open.identity().replica(), open.sizeBytes(), boot, !hasFailed, open.standing());
    }

    private ReplicaSession admit(MirrorWire wire, Hello.Greeting greeting)
            throws StoreRefusedException, DiskFailedException {
        // Whoever opens or closes the replica has it, for as long as a disk hangs.
        if (!lockInTime()) {
            throw new StoreRefusedException("the disk does not answer", "wait, or mend the disk");
        }
        try {
            if (greeting.view() < view) {
                throw new StoreRefusedException(
                        "view %d is older than %d, which this side knows".formatted(greeting.view(), view),
                        "the volume is served elsewhere now");
            }
            endEarlier();
            if (isClosed) {
                throw new StoreRefusedException("it is being closed", "start it again");
            }
            ReplicaStore open = opened(greeting);
            ReplicaSession mine = new ReplicaSession(name, wire, open, threads);
            session = Optional.of(mine);
            view = greeting.view();
            return mine;
        } finally {
            lock.unlock();
        }
    }

    private boolean lockInTime() {
        try {
            Threads.Wait<Boolean> wait = nanos -> lock.tryLock(nanos, TimeUnit.NANOSECONDS);
            return threads.await(wait, HANDOVER_NANOS, false);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void endEarlier() throws StoreRefusedException {
        session.ifPresent(ReplicaSession::end);
        long end = threads.now() + HANDOVER_NANOS;
        while (session.isPresent()) {
            long left = end - threads.now();
            if (left <= 0) {
                throw new StoreRefusedException(
                        "an earlier request has not returned from the disk", "wait, or mend the disk");
            }
            try {
                Threads.Wait<Boolean> wait = nanos -> changed.await(nanos, TimeUnit.NANOSECONDS);
                threads.await(wait, left, false);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreRefusedException("interrupted", "try again");
            }
        }
    }

    private ReplicaStore opened(Hello.Greeting greeting) throws StoreRefusedException, DiskFailedException {
        if (store.isPresent() && store.get().failure().isPresent()) {
            hasFailed = true;
            store.get().close();
            store = Optional.empty();
        }
        boolean fits = store.isPresent()
                && store.get().identity().volume().equals(greeting.volume())
                && store.get().sizeBytes() == greeting.sizeBytes();
        if (!fits) {
            if (store.isPresent()) {
                store.get().close(false);
            }
            store = Optional.empty();
            store = Optional.of(opener.open(greeting.volume(), greeting.sizeBytes()));
        }
        return store.get();
    }

    private void leave(ReplicaSession mine) {
        mine.awaitDisk();
        lock.lock();
        try {
            if (session.isPresent() && session.get() == mine) {
                session = Optional.empty();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether a serving side is connected.
    public boolean isServing() {
        lock.lock();
        try {
            return session.isPresent();
        } finally {
            lock.unlock();
        }
    }

    /// Ends the association and closes the replica cleanly. Its log is kept: this side cannot know that the
    /// other one has all that it has (design, section 3.1, rule 4: a deposed replica retires nothing).
    ///
    /// Waits for the disk, for ever if need be.
    ///
    /// @throws DiskFailedException if the replica is left as after a crash
    @Override
    public void close() throws DiskFailedException {
        lock.lock();
        try {
            isClosed = true;
            endEarlier();
            if (store.isPresent()) {
                store.get().close(false);
                store = Optional.empty();
            }
        } catch (StoreRefusedException e) {
            LOG.warn("{}: left as it is: {}", name, e.getMessage());
            store.ifPresent(ReplicaStore::close);
        } finally {
            lock.unlock();
        }
    }
}
