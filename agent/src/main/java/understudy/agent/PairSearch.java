package understudy.agent;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.ledger.Ledger;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Moment;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.HostLoad;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.PairWatch;
import understudy.protocol.Pairing;
import understudy.qemu.Fitness;

/// Looks for another host where a VM's other one is away for too long, and brings the one to which the VM is to be
/// moved. One that cannot come ends that move.
///
/// Threads: the driver's.
final class PairSearch {
    private static final Logger LOG = LoggerFactory.getLogger(PairSearch.class);
    /// What takes minutes need not be looked at with each tick.
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    /// So often a host to which the VM is to be moved may not be there when it is looked for.
    private static final int MISSED_MAX = 3;
    /// Who has no room may have some later.
    private static final Duration ASK_REFUSER_AGAIN = Duration.ofMinutes(10);

    private final DriverDesk desk;
    private final Replica self;
    private final Cluster cluster;
    private final BooleanSupplier isComing;
    private final BooleanSupplier isWaiting;
    private final Optional<Duration> patience;
    private final Map<HostName, Moment> refused = new TreeMap<>();
    private PairWatch watch = PairWatch.NOTHING;
    private Optional<VmRecord> newest = Optional.empty();
    private Optional<Moment> lookedAt = Optional.empty();
    private Optional<Moment> askedAt = Optional.empty();
    private boolean isAsking;
    private int missed;
    /// In whose place nobody could come, as people were told.
    private Optional<HostName> told = Optional.empty();

    /// Asks a host whether it has room for volumes; waits for its disk.
    interface Room {
        /// @throws Problem.Refused if it has not
        void ask(HostName host, VolumeQuestion question);
    }

    /// Whom it asks.
    ///
    /// @param isUp whether another agent is heard
    record Cluster(Ledger ledger, Predicate<HostName> isUp, Room room) {}

    /// @param patience for how long the other host is away; empty for never
    /// @param isComing  whether the other host is getting what it lacks, of disks or memory
    /// @param isWaiting whether a disk cannot be used here: then the other host is not given up
    PairSearch(
            DriverDesk desk,
            Replica self,
            Cluster cluster,
            Optional<Duration> patience,
            BooleanSupplier isComing,
            BooleanSupplier isWaiting) {
        this.desk = desk;
        this.self = self;
        this.cluster = cluster;
        this.patience = patience;
        this.isComing = isComing;
        this.isWaiting = isWaiting;
    }

    /// @param isHeard whether the other host is
    void tick(VmRecord known, boolean isHeard, Moment now) {
        boolean wasJustNow =
                lookedAt.filter(at -> now.since(at).compareTo(LOOK) < 0).isPresent();
        if (wasJustNow) {
            return;
        }
        lookedAt = Optional.of(now);
        newest = Optional.of(known);
        watch = watch.seen(known, self, isHeard, isComing.getAsBoolean(), now);
        told = told.filter(it -> watch.other().equals(Optional.of(it)));
        refused.values().removeIf(at -> now.since(at).compareTo(ASK_REFUSER_AGAIN) >= 0);
        boolean isRecent =
                askedAt.filter(at -> now.since(at).compareTo(ASK_AGAIN) < 0).isPresent();
        if (!isAsking && !isRecent && isDue(known, now)) {
            askedAt = Optional.of(now);
            search(known);
        }
    }

    /// Somebody works on a host that is in maintenance: it is waited for.
    private boolean isDue(VmRecord known, Moment now) {
        if (isWaiting.getAsBoolean()) {
            return false;
        }
        if (Pairing.isForMove(known, self)) {
            return true;
        }
        boolean isMaintained = watch.other()
                .filter(cluster.ledger.seen().maintained()::contains)
                .isPresent();
        return !isMaintained
                && patience.filter(it -> watch.isDue(known, it, now)).isPresent();
    }

    private void search(VmRecord known) {
        LedgerState state = cluster.ledger.seen();
        Optional<HostRecord> own = state.host(self.host());
        boolean isForMove = known.replaced().isPresent();
        Optional<HostName> to = Pairing.candidate(
                state,
                known,
                host -> cluster.isUp.test(host) && (isForMove || !refused.containsKey(host)),
                host -> own.filter(it ->
                                Fitness.check(known.spec(), List.of(it, host)).isEmpty())
                        .isPresent());
        missed = to.isEmpty() && isForMove ? missed + 1 : 0;
        if (to.isPresent()) {
            isAsking = true;
            Executor other = Thread.ofVirtual().name("pair-" + known.spec().name())::start;
            var _ = CompletableFuture.supplyAsync(() -> roomProblem(known.spec(), to.get()), other)
                    .whenComplete((problem, failure) -> desk.post(() -> answered(
                            known, to.get(), failure == null ? problem : Optional.of(silent(to.get(), failure)))));
        } else if (isForMove) {
            String why = known.destination().orElseThrow() + " does not answer, or cannot take it any more";
            LOG.info("{}: {}", known.spec().name(), why);
            if (missed >= MISSED_MAX) {
                stay(known, why);
            }
        } else if (state.hosts().values().stream().anyMatch(it -> isOther(known, it)) && told.isEmpty()) {
            told = watch.other();
            desk.event(
                    "no-other-host",
                    Severity.WARNING,
                    "%s has left %s alone for %s, and no other host takes its place: one that is up, not in maintenance%s,"
                                    .formatted(
                                            watch.other().orElseThrow(),
                                            known.spec().name(),
                                            time(),
                                            HostLoad.hasSites(state) ? ", at another site" : "")
                            + " fits, and has %s of memory and room for the disks"
                                    .formatted(known.spec().memory()));
        }
    }

    private static boolean isOther(VmRecord known, HostRecord host) {
        return host.role() == HostRecord.Role.HOST && !known.spec().hosts().contains(host.name());
    }

    /// For how long the other host has been away.
    private String time() {
        Duration time = watch.since().map(desk.now()::since).orElse(Duration.ZERO);
        return time.toMinutes() < 2 ? time.toSeconds() + " s" : time.toMinutes() + " min";
    }

    /// A host whose disk it would fill is no help to this VM, and harms others. Waits for the host's answer.
    private Optional<Problem> roomProblem(VmSpec spec, HostName to) {
        try {
            VolumeQuestion.CheckRoom.whole(spec).ifPresent(question -> cluster.room.ask(to, question));
            return Optional.empty();
        } catch (Problem.Refused e) {
            return Optional.of(e.problem());
        }
    }

    private static Problem silent(HostName host, Throwable failure) {
        return Problem.of("no-answer-from-host", host + " does not answer.", "See how it is: understudy host list")
                .because(DriverDesk.reason(failure));
    }

    /// Much may have happened since.
    private void answered(VmRecord asked, HostName to, Optional<Problem> problem) {
        isAsking = false;
        Moment now = desk.now();
        if (problem.isPresent()) {
            refused.put(to, now);
            LOG.info(
                    "{}: {} does not take a place: {}",
                    asked.spec().name(),
                    to,
                    problem.get().message());
            newest.filter(it -> it.destination().equals(Optional.of(to)))
                    .ifPresent(it -> stay(it, problem.get().message()));
        } else if (newest.filter(it -> it.view().number() == asked.view().number()
                        && it.destination().equals(asked.destination())
                        && isDue(it, now))
                .isPresent()) {
            ask(asked, to);
        }
    }

    /// The other host is needed again.
    private void stay(VmRecord known, String why) {
        HostName to = known.destination().orElseThrow();
        var _ = cluster.ledger
                .propose(new LedgerCommand.MoveVm(known.spec().id(), Optional.empty()))
                .whenComplete((answer, _) -> {
                    if (answer instanceof LedgerAnswer.Refused(Problem reason)) {
                        LOG.info(
                                "{}: the move is not given up: {}", known.spec().name(), reason.message());
                    }
                    if (answer instanceof LedgerAnswer.Accepted) {
                        desk.event(
                                "move-given-up",
                                Severity.WARNING,
                                "%s stays where it is, and is not moved to %s: %s"
                                        .formatted(known.spec().name(), to, why));
                    }
                });
    }

    /// The answer may be lost: then this host hears of the change from the ledger, or asks again.
    private void ask(VmRecord known, HostName to) {
        HostName away = known.spec().otherThan(self.host()).orElseThrow();
        Optional<HostName> goal = known.destination().filter(to::equals);
        String why = goal.isPresent()
                ? ": %s is to be moved there".formatted(known.spec().name())
                : ", which has left %s alone for %s".formatted(known.spec().name(), time());
        List<UUID> replicas =
                known.spec().disks().stream().map(_ -> UUID.randomUUID()).toList();
        LedgerCommand.ChangePair command = new LedgerCommand.ChangePair(
                known.spec().id(), known.view().number(), self, to, replicas, UUID.randomUUID());
        var _ = cluster.ledger.propose(command).whenComplete((answer, _) -> {
            if (answer instanceof LedgerAnswer.Refused(Problem reason)) {
                LOG.info("{}: {} does not take a place: {}", known.spec().name(), to, reason.message());
                goal.filter(_ -> Pairing.isUnfit(reason)).ifPresent(_ -> stay(known, reason.message()));
            }
            if (answer instanceof LedgerAnswer.Accepted) {
                desk.event(
                        "pair-changed",
                        goal.isPresent() ? Severity.INFO : Severity.WARNING,
                        "%s takes the place of %s%s".formatted(to, away, why));
            }
        });
    }
}
