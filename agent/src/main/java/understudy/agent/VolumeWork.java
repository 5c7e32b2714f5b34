package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import understudy.api.Event.Severity;
import understudy.api.Json;
import understudy.api.Resync;
import understudy.api.ResyncTerms;
import understudy.api.Scrub;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.volume.mirror.ResyncProgress;
import understudy.volume.mirror.ScrubReport;
import understudy.volume.mirror.ServedVolume;

/// What is done to the volumes of one VM where it runs: scrubs, and the terms of resyncs.
///
/// The terms hold as long as this object. The last scrub of each volume is kept in a file of the host that ran
/// it.
///
/// Threads: any.
final class VolumeWork {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeWork.class);

    private final DriverDesk desk;
    private final Path folder;
    private final HostName self;
    private final VmSpec spec;
    private final Map<VolumeId, ResyncTerms> terms = new ConcurrentHashMap<>();
    private final Map<VolumeId, Scrub> scrubs = new ConcurrentHashMap<>();

    /// What serves a volume here, if it is served.
    interface Serving {
        Optional<ServedVolume> served(VolumeId volume);
    }

    /// @param folder where the last scrubs are kept; made when it is needed
    VolumeWork(DriverDesk desk, Path folder) {
        this.desk = desk;
        this.folder = folder;
        this.self = desk.services().self().host();
        this.spec = desk.spec();
        spec.disks().forEach(disk -> last(disk).ifPresent(scrub -> scrubs.put(disk.id(), scrub)));
    }

    // ---- scrubs ---------------------------------------------------------------------------------------------------

    /// Begins a scrub and returns.
    ///
    /// @throws Problem.Refused with `vm-not-running` or `scrub-runs`
    void scrub(VolumeId volume, Serving serving) {
        VolumeSpec disk = disk(volume);
        ServedVolume served = served(volume, serving);
        Attempt attempt = begin(disk)
                .orElseThrow(() -> Problem.of(
                                "scrub-runs",
                                "A scrub of " + disk.name() + " of " + spec.name() + " is under way.",
                                "See how far it is: understudy volume show " + spec.name() + " " + disk.name())
                        .refused());
        start(spec, disk, () -> end(disk, run(disk, attempt, served, () -> {})));
    }

    /// A scrub that has begun, and what was known before.
    record Attempt(Scrub begun, Optional<Scrub> before) {}

    /// To be ended by [#end] or [#forget].
    ///
    /// @return nothing if one is under way
    Optional<Attempt> begin(VolumeSpec disk) {
        Scrub begun = Scrub.begun(self, Instant.now());
        AtomicReference<Optional<Attempt>> attempt = new AtomicReference<>(Optional.empty());
        scrubs.compute(disk.id(), (_, now) -> {
            if (now != null && now.ended().isEmpty()) {
                return now;
            }
            attempt.set(Optional.of(new Attempt(begun, Optional.ofNullable(now))));
            return begun;
        });
        return attempt.get();
    }

    static void start(VmSpec spec, VolumeSpec disk, Runnable work) {
        Thread.ofPlatform()
                .daemon()
                .name("scrub-" + spec.name() + "-" + disk.name())
                .start(work);
    }

    /// @param each called after each piece of work
    /// @return what came of it, whatever it was
    Scrub run(VolumeSpec disk, Attempt attempt, ServedVolume served, Runnable each) {
        Scrub begun = attempt.begun();
        try {
            ScrubReport report = served.scrub(share -> {
                scrubs.put(disk.id(), begun.at(share));
                each.run();
            });
            return new Scrub(
                    self,
                    begun.began(),
                    Optional.of(Instant.now()),
                    1,
                    report.isCompared(),
                    report.local(),
                    report.peer(),
                    report.differing(),
                    report.unmended(),
                    "");
        } catch (IOException | RuntimeException | Error e) {
            LOG.debug("{}: scrub of {}", spec.name(), disk.name(), e);
            Scrub far = Optional.ofNullable(scrubs.get(disk.id())).orElse(begun);
            return far.failed(Instant.now(), DriverDesk.reason(e));
        }
    }

    /// In this order: as soon as it has ended for others, the next one may begin.
    void end(VolumeSpec disk, Scrub ended) {
        keep(disk, ended);
        scrubs.put(disk.id(), ended);
        tell("scrub of " + disk.name() + ": " + sentence(ended), ended);
    }

    /// As if it had not been begun.
    void forget(VolumeSpec disk, Attempt attempt) {
        scrubs.compute(disk.id(), (_, _) -> attempt.before().orElse(null));
    }

    private void tell(String text, Scrub ended) {
        if (ended.endedWell()) {
            desk.event("scrubbed", ended.found() == 0 ? Severity.INFO : Severity.WARNING, text);
        } else {
            desk.event("scrub-failed", Severity.ERROR, text);
        }
    }

    private static String sentence(Scrub scrub) {
        if (!scrub.trouble().isEmpty()) {
            return "came to no end: " + scrub.trouble();
        }
        String where = scrub.compared() ? "both replicas are" : "the one replica that is in sync is";
        return scrub.found() == 0
                ? where + " well"
                : "%d blocks were corrupt here, %d on the other host, %d differed; %d could not be mended"
                        .formatted(scrub.corrupt(), scrub.peer(), scrub.differing(), scrub.unmended());
    }

    /// The one that is under way here, or the last one that was.
    Optional<Scrub> lastScrub(VolumeId volume) {
        return Optional.ofNullable(scrubs.get(volume));
    }

    private Path file(VolumeSpec disk) {
        return folder.resolve(disk.id() + ".json");
    }

    private Optional<Scrub> last(VolumeSpec disk) {
        try {
            return Files.exists(file(disk))
                    ? Optional.of(Json.lenient(Json.tree(Files.readAllBytes(file(disk))), Scrub.class))
                    : Optional.empty();
        } catch (IOException | JacksonException e) {
            LOG.warn(
                    "{}: what the last scrub of {} found cannot be read: {}", spec.name(), disk.name(), e.getMessage());
            return Optional.empty();
        }
    }

    private void keep(VolumeSpec disk, Scrub scrub) {
        try {
            Files.createDirectories(folder);
            Path unfinished = folder.resolve(disk.id() + ".new");
            Files.write(unfinished, Json.bytes(scrub));
            Files.move(unfinished, file(disk), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("{}: what the scrub of {} found cannot be kept: {}", spec.name(), disk.name(), e.toString());
        }
    }

    /// The VM is gone.
    void forget() throws IOException {
        for (VolumeSpec disk : spec.disks()) {
            Files.deleteIfExists(file(disk));
        }
    }

    // ---- resyncs --------------------------------------------------------------------------------------------------

    /// Changes the terms of a volume's resyncs.
    ///
    /// @throws Problem.Refused with `vm-not-running`
    void resync(VolumeId volume, ResyncTerms wish, Serving serving) {
        ServedVolume served = served(volume, serving);
        terms.merge(
                volume,
                wish,
                (now, next) -> new ResyncTerms(
                        next.paused().or(now::paused), next.limit().or(now::limit)));
        apply(volume, served);
    }

    /// Has a volume that begins to be served go by the terms that were set before.
    void apply(VolumeId volume, ServedVolume served) {
        ResyncTerms now = terms(volume);
        served.pauseResync(now.paused().orElse(false));
        served.limitResync(now.limit()
                .filter(size -> size.bytes() > 0)
                .map(ByteSize::bytes)
                .orElse(Long.MAX_VALUE));
    }

    boolean isPaused(VolumeId volume) {
        return terms(volume).paused().orElse(false);
    }

    private ResyncTerms terms(VolumeId volume) {
        return terms.getOrDefault(volume, new ResyncTerms(Optional.empty(), Optional.empty()));
    }

    /// On which terms a volume that is served here is brought back, and how far that is.
    Resync resync(VolumeId volume, ServedVolume served) {
        ResyncTerms now = terms(volume);
        boolean paused = now.paused().orElse(false);
        Optional<ByteSize> limit = now.limit().filter(size -> size.bytes() > 0);
        return served.resync().map(progress -> resync(paused, limit, progress)).orElse(Resync.idle(paused, limit));
    }

    private Resync resync(boolean paused, Optional<ByteSize> limit, ResyncProgress progress) {
        double seconds = progress.estimate().toNanos() / 1e9;
        long rate = seconds > 0 ? (long) (progress.left() / seconds) : 0;
        Optional<Long> left = paused || progress.left() == 0 || seconds <= 0
                ? Optional.empty()
                : Optional.of((long) Math.ceil(seconds));
        return new Resync(
                paused,
                limit,
                progress.isToPeer() ? spec.otherThan(self) : Optional.of(self),
                progress.isFull(),
                new ByteSize(progress.left()),
                new ByteSize(progress.copied()),
                rate,
                left);
    }

    // ---- the VM -----------------------------------------------------------------------------------------------

    private VolumeSpec disk(VolumeId volume) {
        return spec.disk(volume)
                .orElseThrow(() -> Problem.of(
                                "no-such-volume",
                                "There is no volume " + volume + ".",
                                "List them: understudy volume list")
                        .refused());
    }

    private ServedVolume served(VolumeId volume, Serving serving) {
        return serving.served(volume).orElseThrow(() -> notRunning(spec.name().value()));
    }

    static Problem.Refused notRunning(String vm) {
        return Problem.of(
                        "vm-not-running",
                        "VM " + vm + " does not run, and only while it does are its disks scrubbed and brought back.",
                        "Start it first: understudy vm start " + vm)
                .refused();
    }
}
