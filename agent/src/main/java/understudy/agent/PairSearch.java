package understudy.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import understudy.api.Event.Severity;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Moment;
import understudy.model.VmRecord;
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
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private final DriverDesk desk;
    private final BooleanSupplier isComing;
    private final Optional<Duration> patience;
    private final Repeats repeats = new Repeats();
    private PairWatch watch = PairWatch.NOTHING;
    private Optional<Moment> askedAt = Optional.empty();

    /// @param isComing whether a disk of the VM is being brought in sync
    PairSearch(DriverDesk desk, BooleanSupplier isComing) {
        this.desk = desk;
        this.isComing = isComing;
        this.patience = desk.services().config().pairAfter();
    }

    /// @param isHeard whether the other host is
    void tick(VmRecord known, boolean isHeard, Moment now) {
        watch = watch.seen(known, desk.services().self(), isHeard, now);
        boolean isRecent =
                askedAt.filter(at -> now.since(at).compareTo(ASK_AGAIN) < 0).isPresent();
        if (!isRecent
                && patience.filter(it -> watch.isDue(it, isComing.getAsBoolean(), now))
                        .isPresent()) {
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
        if (to.isPresent()) {
            ask(known, away, to.get());
        } else if (state.hosts().values().stream().anyMatch(it -> isOther(known, it))
                && repeats.isNews(away.value(), now)) {
            desk.event(
                    "no-other-host",
                    Severity.WARNING,
                    "%s is away from %s for long, and no other host that is up fits and has %s of memory"
                            .formatted(away, known.spec().name(), known.spec().memory()));
        }
    }

    private static boolean isOther(VmRecord known, HostRecord host) {
        return host.role() == HostRecord.Role.HOST && !known.spec().hosts().contains(host.name());
    }

    /// Its answer may be lost: then this host hears of the change from the ledger, or asks again.
    private void ask(VmRecord known, HostName away, HostName to) {
        List<UUID> replicas =
                known.spec().disks().stream().map(_ -> UUID.randomUUID()).toList();
        LedgerCommand.ChangePair command = new LedgerCommand.ChangePair(
                known.spec().id(), known.view().number(), desk.services().self(), to, replicas, UUID.randomUUID());
        var _ = desk.services().ledger().propose(command).whenComplete((answer, _) -> {
            if (answer instanceof LedgerAnswer.Accepted) {
                desk.event(
                        "pair-changed",
                        Severity.WARNING,
                        "%s takes the place of %s, which is away from %s for long"
                                .formatted(to, away, known.spec().name()));
            }
        });
    }
}
