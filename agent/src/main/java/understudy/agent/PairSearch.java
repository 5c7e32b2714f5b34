package understudy.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.PairWatch;
import understudy.protocol.Pairing;
import understudy.qemu.Fitness;

/// Looks for another host where a VM's other one is away for too long.
///
/// Threads: the driver's.
final class PairSearch {
    private static final Logger LOG = LoggerFactory.getLogger(PairSearch.class);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private final DriverDesk desk;
    private final Room room;
    private final BooleanSupplier isComing;
    private final Optional<Duration> patience;
    private final Repeats repeats = new Repeats();
    private PairWatch watch = PairWatch.NOTHING;
    private Optional<Moment> askedAt = Optional.empty();

    /// Asks a host whether it has room for volumes; waits for its disk.
    interface Room {
        /// @throws Problem.Refused if it has not
        void ask(HostName host, VolumeQuestion question);
    }

    /// @param isComing whether the other host is getting what it lacks, of disks or memory
    PairSearch(DriverDesk desk, Room room, BooleanSupplier isComing) {
        this.desk = desk;
        this.room = room;
        this.isComing = isComing;
        this.patience = desk.services().config().pairAfter();
    }

    /// @param isHeard whether the other host is
    void tick(VmRecord known, boolean isHeard, Moment now) {
        watch = watch.seen(known, desk.services().self(), isHeard, isComing.getAsBoolean(), now);
        boolean isRecent =
                askedAt.filter(at -> now.since(at).compareTo(ASK_AGAIN) < 0).isPresent();
        if (!isRecent && patience.filter(it -> watch.isDue(known, it, now)).isPresent()) {
            askedAt = Optional.of(now);
            search(known, now);
        }
    }

    private void search(VmRecord known, Moment now) {
        LedgerState state = desk.services().ledger().seen();
        Optional<HostRecord> own = state.host(desk.services().self().host());
        Optional<HostName> to = Pairing.candidate(
                state,
                known,
                desk.services().isUp(),
                host -> own.filter(it ->
                                Fitness.check(known.spec(), List.of(it, host)).isEmpty())
                        .isPresent());
        HostName away = watch.other().orElseThrow();
        if (state.maintained().contains(away)) {
            return;
        }
        if (to.isPresent()) {
            Thread.ofVirtual().name("pair-" + known.spec().name()).start(() -> askIfThereIsRoom(known, away, to.get()));
        } else if (state.hosts().values().stream().anyMatch(it -> isOther(known, it))
                && repeats.isNews(away.value(), now)) {
            desk.event(
                    "no-other-host",
                    Severity.WARNING,
                    "%s is away from %s for long, and no other host that is up could take its place, with %s of memory"
                            .formatted(away, known.spec().name(), known.spec().memory()));
        }
    }

    private String since() {
        Duration time = watch.since().map(desk.now()::since).orElse(Duration.ZERO);
        return time.toMinutes() < 2 ? time.toSeconds() + " s" : time.toMinutes() + " min";
    }

    private static boolean isOther(VmRecord known, HostRecord host) {
        return host.role() == HostRecord.Role.HOST && !known.spec().hosts().contains(host.name());
    }

    /// A host whose disk it would fill is no help to this VM, and harms others.
    private void askIfThereIsRoom(VmRecord known, HostName away, HostName to) {
        long bytes = known.spec().disks().stream()
                .mapToLong(disk -> disk.size().bytes())
                .sum();
        try {
            if (bytes > 0) {
                VolumeId first = known.spec().disks().getFirst().id();
                room.ask(to, new VolumeQuestion.CheckRoom(known.spec().id(), first, new ByteSize(bytes)));
            }
        } catch (Problem.Refused e) {
            desk.post(() -> {
                if (repeats.isNews(to.value() + e.problem().code(), desk.now())) {
                    desk.event(
                            "no-other-host",
                            Severity.WARNING,
                            "%s is away from %s for long, and %s cannot take its place: %s"
                                    .formatted(
                                            away,
                                            known.spec().name(),
                                            to,
                                            e.problem().message()));
                }
            });
            return;
        }
        desk.post(() -> ask(known, away, to, since()));
    }

    /// Its answer may be lost: then this host hears of the change from the ledger, or asks again.
    private void ask(VmRecord known, HostName away, HostName to, String time) {
        List<UUID> replicas =
                known.spec().disks().stream().map(_ -> UUID.randomUUID()).toList();
        LedgerCommand.ChangePair command = new LedgerCommand.ChangePair(
                known.spec().id(), known.view().number(), desk.services().self(), to, replicas, UUID.randomUUID());
        var _ = desk.services().ledger().propose(command).whenComplete((answer, _) -> {
            if (answer instanceof LedgerAnswer.Refused(Problem problem)) {
                LOG.info("{}: {} does not take a place: {}", known.spec().name(), to, problem.message());
            }
            if (answer instanceof LedgerAnswer.Accepted) {
                desk.event(
                        "pair-changed",
                        Severity.WARNING,
                        "%s takes the place of %s in %s, which has been away for %s"
                                .formatted(to, away, known.spec().name(), time));
            }
        });
    }
}
