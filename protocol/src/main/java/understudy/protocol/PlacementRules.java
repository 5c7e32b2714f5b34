package understudy.protocol;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;

/// What the rules of a cluster say of the hosts of a VM.
///
/// They are about where VMs are placed: a new VM begins where they allow it, or is not created, and a host that takes
/// the place of another is one that suits them, if there is such a one. That a VM goes on matters more than where: a
/// takeover asks for no rule, nor does who moves a VM.
public final class PlacementRules {
    private PlacementRules() {}

    /// The VMs that exist and are to be apart from one, or together with it.
    public static List<VmRecord> others(LedgerState state, VmName vm, Kind kind) {
        return state.rules().stream()
                .filter(rule -> rule.kind() == kind && rule.isAbout(vm))
                .flatMap(rule -> state.vm(rule.otherThan(vm)).stream())
                .toList();
    }

    /// Where a VM runs; where it begins, while nobody runs it.
    public static HostName home(VmRecord vm) {
        return vm.view()
                .placement()
                .activeReplica()
                .map(Replica::host)
                .orElse(vm.spec().hosts().getFirst());
    }

    /// Whether a new VM may have these hosts.
    ///
    /// @param hosts one or two, the one on which it begins first
    public static boolean allow(LedgerState state, VmName vm, List<HostName> hosts) {
        boolean isApart = others(state, vm, Kind.APART).stream()
                .noneMatch(other -> home(other).equals(hosts.getFirst()));
        boolean isTogether = others(state, vm, Kind.TOGETHER).stream()
                .allMatch(other -> home(other).equals(hosts.getFirst())
                        && other.spec().hosts().size() == hosts.size()
                        && other.spec().hosts().containsAll(hosts));
        return isApart && isTogether;
    }

    /// Why a new VM may not be where it is to be: another one may have been created since its hosts were chosen.
    static Optional<Problem> refusal(LedgerState state, VmSpec spec) {
        return allow(state, spec.name(), spec.hosts())
                ? Optional.empty()
                : Optional.of(Problem.of(
                                "rule-broken",
                                spec.name() + " would break a rule on " + spec.hosts() + ".",
                                "Create it again, or remove the rule: understudy rule list")
                        .with("hosts", spec.hosts()));
    }

    /// How badly a host suits a VM, 0 for well. Those with which it is to be together count most; of those from
    /// which it is to be apart, the ones that run there count twice.
    public static int misfit(LedgerState state, VmName vm, HostName host) {
        Predicate<VmRecord> has = other -> other.spec().hosts().contains(host);
        int without = (int)
                others(state, vm, Kind.TOGETHER).stream().filter(has.negate()).count();
        int shared = others(state, vm, Kind.APART).stream()
                .filter(has)
                .mapToInt(other -> home(other).equals(host) ? 2 : 1)
                .sum();
        return without * (2 * LedgerState.RULES_MAX + 1) + shared;
    }

    /// What is not as a rule wants it, for people; empty if it is.
    public static Optional<String> broken(LedgerState state, PlacementRule rule) {
        Optional<VmRecord> one = state.vm(rule.one());
        Optional<VmRecord> other = state.vm(rule.other());
        List<VmRecord> both = Stream.concat(one.stream(), other.stream()).toList();
        if (both.size() < 2) {
            return Optional.empty();
        }
        HostName first = home(both.getFirst());
        HostName second = home(both.getLast());
        return switch (rule.kind()) {
            case APART -> first.equals(second) ? Optional.of("both are on " + first) : Optional.empty();
            case TOGETHER ->
                first.equals(second)
                        ? Optional.empty()
                        : Optional.of("%s is on %s, %s on %s".formatted(rule.one(), first, rule.other(), second));
        };
    }
}
