package understudy.agent;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Scrub;
import understudy.model.Moment;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.mirror.ServedVolume;

/// Scrubs the disks of one VM where it runs without anybody's asking, as [ScrubSchedule] says, while both replicas are
/// in sync: what is found can be mended then. One disk at a time on a host ([ScrubTurn]), and for a quarter of the
/// time at most, since a scrub makes way for the clients of its own disk only.
///
/// Threads: the driver's; each scrub has one of its own.
final class UnaskedScrubs {
    private static final Logger LOG = LoggerFactory.getLogger(UnaskedScrubs.class);

    /// How often it is looked whether a scrub is due.
    private static final Duration LOOK = Duration.ofMinutes(1);

    /// So many parts of the time are left to others for each one of a scrub's.
    private static final int OTHERS_SHARE = 3;

    private static final long REST_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(250);

    private final DriverDesk desk;
    private final VolumeWork work;
    private final InstantSource clock;
    private final Map<VolumeId, Moment> quietSince = new HashMap<>();
    private Optional<Moment> looked = Optional.empty();

    /// @param clock on the wall: weeks are counted over restarts
    UnaskedScrubs(DriverDesk desk, VolumeWork work, InstantSource clock) {
        this.desk = desk;
        this.work = work;
        this.clock = clock;
    }

    /// Begins what is due. To be called often.
    void tick(Moment now, VolumeWork.Serving serving) {
        if (looked.filter(it -> now.since(it).compareTo(LOOK) < 0).isPresent()) {
            return;
        }
        looked = Optional.of(now);
        for (VolumeSpec disk : desk.spec().disks()) {
            Optional<ServedVolume> served =
                    serving.served(disk.id()).filter(ServedVolume::isProtected).filter(_ -> !work.isPaused(disk.id()));
            if (served.isEmpty()) {
                quietSince.remove(disk.id());
                continue;
            }
            Duration quiet = now.since(quietSince.computeIfAbsent(disk.id(), _ -> now));
            if (desk.services().config().scrubs().isDue(lastOfBoth(disk), quiet, clock.instant())) {
                begin(disk, served.get(), now);
            }
        }
    }

    /// Of this host or the other one: the VM may have moved.
    private Optional<Scrub> lastOfBoth(VolumeSpec disk) {
        Stream<Scrub> others = desk.spec().otherThan(desk.services().self().host()).stream()
                .flatMap(host -> desk.services().reports().of(host, desk.spec().id()).stream())
                .flatMap(report -> report.volumes().stream())
                .filter(volume -> volume.volume().equals(disk.id()))
                .flatMap(volume -> volume.scrub().stream());
        return Stream.concat(work.lastScrub(disk.id()).stream(), others)
                .filter(Scrub::endedOnBoth)
                .max(Comparator.comparing(Scrub::began));
    }

    private void begin(VolumeSpec disk, ServedVolume served, Moment now) {
        ScrubTurn turn = desk.services().scrubTurn();
        Object self = new Object();
        if (!turn.take(self, now)) {
            return;
        }
        Optional<VolumeWork.Attempt> attempt = work.begin(disk);
        if (attempt.isEmpty()) {
            turn.end(self);
            return;
        }
        quietSince.put(disk.id(), now);
        VolumeWork.start(desk.spec(), disk, () -> {
            try {
                scrub(disk, served, attempt.get(), self, turn);
            } finally {
                turn.end(self);
            }
        });
    }

    private void scrub(VolumeSpec disk, ServedVolume served, VolumeWork.Attempt attempt, Object self, ScrubTurn turn) {
        Rests rests = new Rests();
        Scrub ended = work.run(disk, attempt, served, () -> {
            turn.moved(self, desk.now());
            rests.rest();
        });
        if (ended.trouble().isEmpty()) {
            work.end(disk, ended);
        } else {
            // The VM stopped or moved, or a host was lost: no news, and it is tried again.
            LOG.info("{}: a scrub of {} came to no end: {}", desk.spec().name(), disk.name(), ended.trouble());
            work.forget(disk, attempt);
        }
    }

    /// Of one scrub's thread.
    private static final class Rests {
        private long resumed = System.nanoTime();

        void rest() {
            long worked = System.nanoTime() - resumed;
            LockSupport.parkNanos(Math.min(REST_NANOS_MAX, OTHERS_SHARE * worked));
            resumed = System.nanoTime();
        }
    }
}
