package understudy.simulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;

/// What the guest of a VM of level `system` asks of its disks. While it runs alone all passes on to the mirrors. From
/// just before a stream's first epoch on, writes and flushes are answered at once and kept here; they travel with
/// their epoch, and are applied to the mirrors when that is committed.
///
/// A flush ends a *segment*. Segments of all disks are in one order: the writes of one are applied, then all
/// disks are flushed, then the standby is told, and only when it has answered is the next one begun. So a standby
/// that goes on applies at most one segment that the disks have already, and no later one has been begun then.
final class WritesAside {
    private enum Mode {
        PASSED_ON,
        KEPT,
        /// What was kept is being applied, all of it; the guest's next writes wait.
        DRAINED
    }

    private final Cluster cluster;
    private final VmDriver driver;

    /// In the guest's order; not begun.
    private final Deque<KeptRequest> kept = new ArrayDeque<>();

    private final List<KeptRequest> underWay = new ArrayList<>();
    private final List<KeptRequest> unsealed = new ArrayList<>();
    private final Map<VolumeId, SortedMap<Integer, Long>> applied = new TreeMap<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private Mode mode = Mode.PASSED_ON;
    private Optional<KeptRequest> flushing = Optional.empty();
    private int flushesOpen;
    private boolean isUnflushed;
    private boolean isReplaying;
    private long stepsAt;
    private boolean isTelling;
    private boolean isCutOff;
    private long epoch;
    private long committed;
    private long segment;

    /// What was begun before it went up is nobody's any more.
    private int run;

    WritesAside(Cluster cluster, VmDriver driver) {
        this.cluster = cluster;
        this.driver = driver;
    }

    boolean isDraining() {
        return mode == Mode.DRAINED;
    }

    // ---- what the guest asks --------------------------------------------------------------------------------------

    void submit(VolumeId volume, DiskRequest request) {
        boolean isRead = request.kind() == DiskRequest.Kind.READ;
        Optional<KeptRequest> latest = isRead ? latest(volume, request.block()) : Optional.empty();
        if (latest.isPresent()) {
            request.answered(latest.get().request().content());
        } else if (isRead || mode == Mode.PASSED_ON) {
            driver.mirror(volume).submit(request);
        } else if (mode == Mode.DRAINED) {
            waiting.add(() -> submit(volume, request));
        } else {
            keep(new KeptRequest(volume, request, epoch));
        }
    }

    private void keep(KeptRequest request) {
        kept.add(request);
        unsealed.add(request);
        driver.guest()
                .filter(_ -> request.isFlush())
                .ifPresent(guest -> cluster.observe(new Observation.FlushKept(
                        driver.vm(),
                        request.volume(),
                        guest.next(),
                        request.request().covered(),
                        request.request().issuedAt())));
        request.request().answered(0);
        pump();
    }

    private Optional<KeptRequest> latest(VolumeId volume, int block) {
        List<KeptRequest> all = new ArrayList<>(underWay);
        all.addAll(kept);
        return all.reversed().stream()
                .filter(it -> !it.isFlush()
                        && it.volume().equals(volume)
                        && it.request().block() == block)
                .findFirst();
    }

    // ---- epochs ---------------------------------------------------------------------------------------------------

    /// What the guest asks for from now on is kept, and belongs to epoch 1. Its output waits already.
    void begin() {
        mode = driver.spec().disks().isEmpty() ? Mode.PASSED_ON : Mode.KEPT;
        epoch = 1;
        committed = 0;
        segment = 0;
        isTelling = false;
        isCutOff = false;
        applied.clear();
        driver.guest()
                .filter(_ -> mode == Mode.KEPT)
                .ifPresent(guest -> guest.keptBy(Optional.of(driver.agent().life())));
    }

    /// The guest stands still, and has nothing open. What it asked for since the last time belongs to this epoch.
    List<KeptRequest> seal(long captured) {
        epoch = captured + 1;
        List<KeptRequest> sealed = List.copyOf(unsealed);
        unsealed.clear();
        return sealed;
    }

    void committed(long confirmed) {
        committed = confirmed;
        pump();
        release();
    }

    /// Lets out what is committed, up to the first flush that is not durable yet.
    private void release() {
        long upTo = committed;
        List<KeptRequest> open = new ArrayList<>(kept);
        flushing.ifPresent(open::add);
        if (cluster.options().mutation() != Mutation.RELEASE_BEFORE_FLUSH) {
            for (KeptRequest it : open) {
                upTo = it.isFlush() ? Math.min(upTo, it.epoch() - 1) : upTo;
            }
        }
        driver.gate().release(upTo);
    }

    /// The standby knows that it need not apply this segment, nor those before it.
    void told(long number) {
        if (number == segment) {
            isTelling = false;
            pump();
        }
    }

    /// The stream is closed: what the standby has may be what goes on, so nothing more is applied.
    void cutOff() {
        isCutOff = true;
    }

    // ---- applying -------------------------------------------------------------------------------------------------

    private boolean mayApply(KeptRequest request) {
        return mode == Mode.DRAINED
                || (!isCutOff && request.epoch() <= committed)
                || cluster.options().mutation() == Mutation.APPLY_BEFORE_COMMIT;
    }

    private void pump() {
        if (isReplaying && cluster.schedule().nowNanos() < stepsAt) {
            return;
        }
        while (flushesOpen == 0 && !isTelling && !kept.isEmpty() && mayApply(kept.getFirst())) {
            boolean isFlush = kept.getFirst().isFlush();
            if (isFlush ? !underWay.isEmpty() : isBlockUnderWay(kept.getFirst())) {
                return;
            }
            if (isFlush) {
                flush(Optional.of(kept.removeFirst()));
            } else {
                apply(kept.removeFirst());
            }
            if (isReplaying) {
                restABit();
                return;
            }
        }
        if (mode == Mode.DRAINED && kept.isEmpty() && underWay.isEmpty() && flushesOpen == 0) {
            if (isUnflushed) {
                flush(Optional.empty());
            } else {
                passOn();
            }
        }
    }

    /// A disk takes its time, and its host may lose its power meanwhile.
    private void restABit() {
        int of = run;
        long rest = cluster.dice().millis(0.1, 1);
        stepsAt = cluster.schedule().nowNanos() + rest;
        driver.later(rest, () -> {
            if (of == run) {
                pump();
            }
        });
    }

    /// A mirror may carry a request out more than once, so no two for one block are given to it at a time.
    private boolean isBlockUnderWay(KeptRequest next) {
        return underWay.stream()
                .anyMatch(it -> it.volume().equals(next.volume())
                        && it.request().block() == next.request().block());
    }

    private void pumpSoon() {
        int of = run;
        driver.later(0, () -> {
            if (of == run) {
                pump();
            }
        });
    }

    private void apply(KeptRequest request) {
        int of = run;
        DiskRequest write = request.request();
        underWay.add(request);
        isUnflushed = true;
        driver.mirror(request.volume()).submit(write.again(_ -> {
            if (of == run) {
                underWay.remove(request);
                applied(request.volume()).put(write.block(), write.content());
                pumpSoon();
            }
        }));
    }

    private SortedMap<Integer, Long> applied(VolumeId volume) {
        return applied.computeIfAbsent(volume, _ -> new TreeMap<>());
    }

    /// Makes all that was applied durable, on all disks.
    private void flush(Optional<KeptRequest> end) {
        int of = run;
        List<VolumeSpec> disks = driver.spec().disks();
        flushing = end;
        flushesOpen = disks.size();
        for (VolumeSpec disk : disks) {
            driver.mirror(disk.id())
                    .submit(DiskRequest.flush(
                            applied(disk.id()), cluster.schedule().nowNanos(), _ -> {
                                if (of == run && --flushesOpen == 0) {
                                    flushed();
                                }
                            }));
        }
    }

    private void flushed() {
        isUnflushed = false;
        if (flushing.isPresent() && mode == Mode.KEPT) {
            segment++;
            isTelling = true;
            driver.tellApplied(segment);
        }
        flushing = Optional.empty();
        if (mode == Mode.KEPT) {
            release();
        }
        pumpSoon();
    }

    // ---- the end of it --------------------------------------------------------------------------------------------

    /// Applies all that is kept, committed or not, and lets everything pass on from then on.
    void drain(Runnable then) {
        if (mode == Mode.PASSED_ON) {
            then.run();
            return;
        }
        mode = Mode.DRAINED;
        isTelling = false;
        afterwards.add(then);
        pump();
    }

    /// As soon as nothing is being drained.
    void whenDrained(Runnable then) {
        if (mode == Mode.DRAINED) {
            afterwards.add(then);
        } else {
            then.run();
        }
    }

    private void passOn() {
        mode = Mode.PASSED_ON;
        isReplaying = false;
        driver.guest().ifPresent(guest -> guest.keptBy(Optional.empty()));
        unsealed.clear();
        List<Runnable> next = new ArrayList<>(afterwards);
        next.addAll(waiting);
        afterwards.clear();
        waiting.clear();
        next.forEach(Runnable::run);
    }

    /// The guest is gone, and what was kept for it.
    void clear() {
        run++;
        mode = Mode.PASSED_ON;
        kept.clear();
        underWay.clear();
        unsealed.clear();
        waiting.clear();
        afterwards.clear();
        flushing = Optional.empty();
        flushesOpen = 0;
        isUnflushed = false;
        isTelling = false;
        isReplaying = false;
    }

    /// What an image came with is applied to the disks before its guest goes on.
    void replay(List<KeptRequest> image, Runnable then) {
        clear();
        kept.addAll(KeptRequest.lastOnly(image));
        applied.clear();
        if (cluster.options().mutation() == Mutation.RESUME_WITHOUT_REPLAY) {
            kept.clear();
        }
        mode = Mode.DRAINED;
        isReplaying = true;
        stepsAt = 0;
        drain(then);
    }

    @Override
    public String toString() {
        Iterator<KeptRequest> first = kept.iterator();
        return "%s, %d kept from epoch %s, %d under way, %d flushes open%s"
                .formatted(
                        mode,
                        kept.size(),
                        first.hasNext() ? first.next().epoch() : "-",
                        underWay.size(),
                        flushesOpen,
                        isTelling ? ", telling" : "");
    }
}
