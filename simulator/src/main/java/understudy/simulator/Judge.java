package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.simulator.scenario.Expectation;

/// Compares what a scenario expects with what is.
final class Judge {
    private static final long ANSWERS_WITHIN = Schedule.SECOND;

    private final Cluster cluster;
    private final Map<VmId, Long> views = new TreeMap<>();

    Judge(Cluster cluster) {
        this.cluster = cluster;
    }

    /// From here on views are compared with what they are now.
    void mark() {
        views.clear();
        cluster.ledger().vms().forEach(vm -> views.put(vm.spec().id(), vm.view().number()));
    }

    /// What is instead; empty if it is so.
    Optional<String> wrong(Expectation expectation) {
        Tally tally = cluster.tally();
        return switch (expectation) {
            case Expectation.RunsOn(VmId vm, HostName host) -> unless(runsOn(vm, host), vm);
            case Expectation.Runs(VmId vm) ->
                unless(cluster.ledger().vm(vm).filter(this::runs).isPresent(), vm);
            case Expectation.RunsAlone(VmId vm, HostName host) ->
                unless(
                        runsOn(vm, host)
                                && cluster.ledger()
                                        .vm(vm)
                                        .filter(it -> !cluster.isProtected(it))
                                        .isPresent(),
                        vm);
            case Expectation.Protected(VmId vm, boolean isSo) ->
                unless(
                        cluster.ledger()
                                        .vm(vm)
                                        .filter(it -> cluster.isProtected(it) && cluster.isWell(it))
                                        .isPresent()
                                == isSo,
                        vm);
            case Expectation.HasSoloGrant(VmId vm, boolean isSo) ->
                unless(
                        cluster.ledger()
                                        .vm(vm)
                                        .filter(it -> it.view().soloGrant())
                                        .isPresent()
                                == isSo,
                        vm);
            case Expectation.Stopped(VmId vm) ->
                unless(cluster.ledger().vm(vm).filter(this::isStopped).isPresent(), vm);
            case Expectation.Deleted(VmId vm) -> unless(cluster.ledger().vm(vm).isEmpty(), vm);
            case Expectation.Answers(VmId vm, boolean isSo) -> answers(vm, isSo);
            case Expectation.Writes(VmId vm) -> writes(vm);
            case Expectation.KeepsView(VmId vm) -> keepsView(vm);
            case Expectation.Takeovers(VmId vm, int number) -> counted("takeovers", tally.takeovers(vm), number);
            case Expectation.AllTakeovers(int number) -> counted("takeovers", tally.takeovers(), number);
            case Expectation.Boots(VmId vm, int number) -> counted("boots", tally.boots(vm), number);
            case Expectation.AllProtected() -> cluster.missing();
            case Expectation.AllRun() ->
                cluster.ledger().vms().stream()
                        .filter(vm -> vm.wanted() && !runs(vm))
                        .findFirst()
                        .map(cluster::describe);
        };
    }

    private boolean runsOn(VmId vm, HostName host) {
        return cluster.ledger()
                .vm(vm)
                .filter(it -> it.view().isActive(host) && runs(it))
                .isPresent();
    }

    private boolean runs(VmRecord vm) {
        return vm.view()
                .placement()
                .activeReplica()
                .flatMap(active -> cluster.host(active.host()).guest(vm.spec().id()))
                .filter(Guest::isRunning)
                .isPresent();
    }

    private boolean isStopped(VmRecord vm) {
        return vm.view().placement() instanceof Placement.Stopped
                && vm.spec().hosts().stream()
                        .noneMatch(
                                host -> cluster.host(host).guest(vm.spec().id()).isPresent());
    }

    private Optional<String> answers(VmId vm, boolean isSo) {
        long silence = cluster.schedule().nowNanos() - cluster.tally().heardAt(vm);
        return silence < ANSWERS_WITHIN == isSo
                ? Optional.empty()
                : Optional.of("it was last heard %d ms ago".formatted(silence / Schedule.MILLISECOND));
    }

    private Optional<String> writes(VmId vm) {
        long ago = cluster.schedule().nowNanos() - cluster.tally().wroteAt(vm);
        return ago < ANSWERS_WITHIN
                ? Optional.empty()
                : Optional.of("a write was last answered %d ms ago".formatted(ago / Schedule.MILLISECOND));
    }

    private Optional<String> keepsView(VmId vm) {
        long was = views.getOrDefault(vm, 0L);
        long is = cluster.ledger().vm(vm).map(it -> it.view().number()).orElse(0L);
        return was == is ? Optional.empty() : Optional.of("view %d became view %d".formatted(was, is));
    }

    private static Optional<String> counted(String what, int is, int expected) {
        return is == expected ? Optional.empty() : Optional.of("%s: %d".formatted(what, is));
    }

    private Optional<String> unless(boolean isSo, VmId vm) {
        return isSo
                ? Optional.empty()
                : Optional.of(cluster.ledger().vm(vm).map(cluster::describe).orElse("there is no such VM"));
    }
}
