package understudy.volume.mirror;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorSide;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// The local replica of a served volume: open, or failed and to be opened anew. On the driver's thread.
final class LocalSide {
    private static final Logger LOG = LoggerFactory.getLogger(LocalSide.class);

    private final ServedVolume served;
    private final ServedVolume.Options options;
    private final ServedVolume.LocalOpener opener;
    private final Setbacks setbacks;
    private Optional<ReplicaStore> store = Optional.empty();
    private boolean isOpening;
    private long openAt;

    /// Guards what follows: a disk may give a replica back when nobody is there to take it any more.
    private final Object handing = new Object();

    private Optional<ReplicaStore> handed = Optional.empty();
    private boolean isEnded;
    private String lastRefusal = "";

    LocalSide(ServedVolume served, ServedVolume.Options options, ServedVolume.LocalOpener opener) {
        this.served = served;
        this.options = options;
        this.opener = opener;
        setbacks = new Setbacks(options.retry(), served.threads());
    }

    Optional<ReplicaStore> store() {
        return store;
    }

    ReplicaStore needed() throws ServedVolume.LostException {
        return store.orElseThrow(() -> new ServedVolume.LostException(MirrorSide.LOCAL, "it is not open"));
    }

    /// Opens it on a thread of its own, since disks hang.
    void open() {
        isOpening = true;
        served.threads().start(options.name() + "-opener", () -> {
            try {
                hand(opener.open());
            } catch (StoreRefusedException e) {
                served.post(() -> refused(e.getMessage() + " (" + e.correction() + ")"));
            } catch (DiskFailedException e) {
                served.post(() -> refused(String.valueOf(e.getMessage())));
            } catch (RuntimeException e) {
                LOG.error("{}: opening the local replica", options.name(), e);
                served.post(() -> refused(String.valueOf(e)));
            }
        });
    }

    private void hand(ReplicaStore opened) {
        boolean isWanted;
        synchronized (handing) {
            isWanted = !isEnded;
            handed = isWanted ? Optional.of(opened) : Optional.empty();
        }
        if (isWanted) {
            served.post(() -> opened(opened));
        } else {
            opened.close();
        }
    }

    private void opened(ReplicaStore opened) {
        synchronized (handing) {
            handed = Optional.empty();
        }
        isOpening = false;
        UUID replica = opened.identity().replica();
        if (!served.takesLocal(replica)) {
            opened.close();
            refused("it is replica " + replica + ", and " + served.replica() + " is counted on");
            return;
        }
        lastRefusal = "";
        setbacks.begins();
        store = Optional.of(opened);
        served.threads().start(options.name() + "-checksums", () -> compute(opened));
        viewKnown();
    }

    /// The view is known now, or the replica is open now.
    void viewKnown() {
        if (store.isPresent() && served.knowsView()) {
            served.localReady();
        }
    }

    /// Checksums that a crash left unknown.
    private void compute(ReplicaStore opened) {
        try {
            while (!served.isClosing() && opened.failure().isEmpty() && opened.computeNext()) {
                // One extent after the other.
            }
        } catch (DiskFailedException e) {
            served.post(() -> failed(opened, String.valueOf(e.getMessage())));
        }
    }

    private void refused(String why) {
        isOpening = false;
        openAt = served.threads().now() + options.retry().toNanos();
        if (!why.equals(lastRefusal)) {
            lastRefusal = why;
            served.observer().error("the local replica cannot be opened: " + why);
            served.take(new MirrorInput.ReplicaLost(MirrorSide.LOCAL));
        }
        if (!options.isMirrored()) {
            served.mirrored().serveNothing();
        }
    }

    /// It does not answer.
    void failed(String why) {
        store.ifPresent(now -> failed(now, why));
    }

    /// This store failed; if it is still the one in use, it is given up and opened anew.
    void failed(ReplicaStore failing, String why) {
        if (store.isEmpty() || store.get() != failing) {
            return;
        }
        served.observer().error("the local replica failed: " + why);
        store = Optional.empty();
        long wait = setbacks.ends();
        openAt = served.threads().now() + (options.isMirrored() ? wait : 0);
        served.take(new MirrorInput.ReplicaLost(MirrorSide.LOCAL));
        failing.close();
    }

    void tick() {
        if (store.isEmpty() && !isOpening && openAt != 0 && served.threads().now() > openAt) {
            open();
        }
    }

    /// Something that is done to the replica.
    interface Deed {
        void on(ReplicaStore store) throws DiskFailedException;
    }

    /// Does something under the order lock, by another thread, waiting no longer than the deadline.
    void onDisk(Deed deed) throws ServedVolume.LostException {
        ReplicaStore now = needed();
        CompletableFuture<Optional<DiskFailedException>> done = new CompletableFuture<>();
        served.threads().start(options.name() + "-clerk", () -> {
            try {
                served.mirrored().ordered(now, () -> deed.on(now));
                done.complete(Optional.empty());
            } catch (DiskFailedException e) {
                done.complete(Optional.of(e));
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        try {
            if (!served.threads().await(done, options.deadline().toNanos())) {
                throw new ServedVolume.LostException(MirrorSide.LOCAL, "it does not answer");
            }
            Optional<DiskFailedException> failure = done.get();
            if (failure.isPresent()) {
                throw new ServedVolume.LostException(
                        MirrorSide.LOCAL, String.valueOf(failure.get().getMessage()));
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new ServedVolume.LostException(MirrorSide.LOCAL, "interrupted");
        }
    }

    void abandon() {
        end();
        store.ifPresent(ReplicaStore::close);
    }

    /// What is opened from here on is closed again.
    private void end() {
        synchronized (handing) {
            isEnded = true;
            handed.ifPresent(ReplicaStore::close);
            handed = Optional.empty();
        }
    }

    /// @param emptyLog whether every replica in sync has durably what this one has
    void close(boolean emptyLog) throws DiskFailedException {
        end();
        if (store.isPresent()) {
            store.get().close(emptyLog);
        }
    }
}
