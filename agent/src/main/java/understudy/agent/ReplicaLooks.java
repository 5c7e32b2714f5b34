package understudy.agent;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import understudy.agent.ReplicaReport.Condition;
import understudy.api.Event.Severity;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.store.StoreRefusedException;

/// Looks at this host's replicas of a VM now and then, and makes them at first, on a thread of its own: so that
/// a VM begins on a replica that works, and people hear of one that does not before they need it.
///
/// A disk that leaves a look unanswered for [#DEADLINE] passes for dead; the look goes on all the same, and finds
/// it when it is back.
///
/// A replica that is *lossy* is good only if no other one counts: while the other host is in sync and has lost
/// nothing, that one's copy is taken, and this one is brought back by resync (design, section 3.1, rules 1 and
/// 13). When both hosts lost their power, or the other one does not come within [#PATIENCE], what was flushed
/// is here all the same.
final class ReplicaLooks {
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(100);

    private final DriverDesk desk;
    private final ReplicaFolder folder;
    private final HostName self;
    private final Consumer<List<VolumeId>> found;
    private final Thread thread;

    /// When the look under way went to the disk, in [System#nanoTime] made odd; 0 if none has.
    private final AtomicLong since = new AtomicLong();

    /// What was told of a disk last; the thread's.
    private final Map<VolumeId, String> told = new HashMap<>();

    private volatile Optional<VmRecord> known = Optional.empty();
    private volatile List<ReplicaReport> reports = List.of();
    private volatile boolean isEnded;

    /// @param found hears, on the driver's thread, which replicas a VM may begin on; again and again
    ReplicaLooks(DriverDesk desk, ReplicaFolder folder, HostName self, Consumer<List<VolumeId>> found) {
        this.desk = desk;
        this.folder = folder;
        this.self = self;
        this.found = found;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("replicas-" + desk.spec().name())
                .unstarted(this::run);
    }

    /// On the driver's thread.
    void learnt(VmRecord record) {
        boolean isFirst = known.isEmpty();
        known = Optional.of(record);
        if (isFirst) {
            thread.start();
        }
    }

    /// From any thread.
    List<ReplicaReport> reports() {
        return reports;
    }

    /// On the driver's thread, often.
    void tick() {
        long began = since.get();
        boolean isLate = began != 0 && System.nanoTime() - began > DEADLINE.toNanos();
        if (isLate && since.compareAndSet(began, 0)) {
            VmRecord record = known.orElseThrow();
            reports = record.spec().disks().stream()
                    .map(disk -> ReplicaReport.unusable(disk.id()))
                    .toList();
            desk.event(
                    "replica-unusable",
                    Severity.ERROR,
                    "the disk under the replicas of %s has not answered for %d ms"
                            .formatted(desk.spec().name(), DEADLINE.toMillis()));
            found.accept(List.of());
        }
    }

    /// From any thread.
    void end() {
        isEnded = true;
    }

    // ---- the thread ------------------------------------------------------------------------------------------------

    private void run() {
        try {
            while (!isEnded) {
                VmRecord record = known.orElseThrow();
                String trouble = make(record);
                since.set(System.nanoTime() | 1);
                List<ReplicaReport> now = look(record, trouble);
                since.set(0);
                reports = now;
                List<VolumeId> good = good(record, now);
                desk.post(() -> found.accept(good));
                Thread.sleep(AGAIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What the first view wants; takes as long as copying an image does.
    ///
    /// @return why it is not there
    private String make(VmRecord record) {
        try {
            folder.makeFirst(record);
            return "";
        } catch (IOException e) {
            return DriverDesk.reason(e);
        }
    }

    private List<ReplicaReport> look(VmRecord record, String trouble) {
        return record.spec().disks().stream()
                .map(disk -> look(record.view(), disk, trouble))
                .toList();
    }

    private ReplicaReport look(View view, VolumeSpec disk, String trouble) {
        try {
            folder.probe();
            return folder.look(view, disk);
        } catch (StoreRefusedException e) {
            unusable(view, disk, trouble.isEmpty() ? e.getMessage() + " (" + e.correction() + ")" : trouble);
        } catch (IOException e) {
            unusable(view, disk, DriverDesk.reason(e));
        }
        return ReplicaReport.unusable(disk.id());
    }

    /// What the view does not count on is no news: it is brought back, or made anew, once the VM runs.
    private void unusable(View view, VolumeSpec disk, String why) {
        boolean isInSync =
                view.volume(disk.id()).filter(it -> it.isInSync(self)).isPresent();
        String text = "the replica of %s of %s cannot be used: %s"
                .formatted(disk.name(), desk.spec().name(), why);
        if (isInSync && isNews(disk, text)) {
            desk.event("replica-unusable", Severity.ERROR, text);
        }
    }

    /// @param reports one for each disk, in their order
    private List<VolumeId> good(VmRecord record, List<ReplicaReport> reports) throws InterruptedException {
        List<VolumeId> good = new ArrayList<>();
        for (int i = 0; i < reports.size(); i++) {
            VolumeSpec disk = record.spec().disks().get(i);
            Condition condition = reports.get(i).condition();
            boolean isGood = switch (condition) {
                case SOUND -> true;
                case LOSSY -> !hasSoundOther(record, disk);
                case OTHER, UNUSABLE -> false;
            };
            if (isGood) {
                good.add(disk.id());
            }
            if (condition == Condition.SOUND) {
                told.remove(disk.id());
            }
        }
        return good;
    }

    /// Asked of this host's replica that may lack what it confirmed.
    private boolean hasSoundOther(VmRecord record, VolumeSpec disk) throws InterruptedException {
        List<HostName> others = record.view().volume(disk.id()).orElseThrow().inSync().stream()
                .filter(host -> !host.equals(self))
                .toList();
        boolean isInSync = record.view().volume(disk.id()).orElseThrow().isInSync(self);
        if (others.isEmpty() || !isInSync) {
            return false;
        }
        Optional<Condition> other = Optional.empty();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (other.isEmpty() && System.nanoTime() < end && !isEnded) {
            Thread.sleep(POLL);
            other = condition(others.getFirst(), record, disk);
        }
        boolean isSound = other.equals(Optional.of(Condition.SOUND));
        String text = "%s of %s: this host was started anew while it was in use, and %s"
                .formatted(
                        disk.name(),
                        desk.spec().name(),
                        isSound
                                ? "the replica of " + others.getFirst() + " counts"
                                : "no better replica is there: what was not flushed may be missing");
        if (isNews(disk, text)) {
            desk.event("replica-lossy", Severity.WARNING, text);
        }
        return isSound;
    }

    private Optional<Condition> condition(HostName host, VmRecord record, VolumeSpec disk) {
        return desk.services().reports().of(host, record.spec().id()).stream()
                .flatMap(report -> report.replicas().stream())
                .filter(replica -> replica.volume().equals(disk.id()))
                .map(ReplicaReport::condition)
                .findFirst();
    }

    /// People are told once.
    private boolean isNews(VolumeSpec disk, String text) {
        return !text.equals(told.put(disk.id(), text));
    }
}
