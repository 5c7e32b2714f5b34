package understudy.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.PlacementRule;
import understudy.model.Problem;
import understudy.model.VmName;

/// Which hosts a new VM gets, or why it cannot have those that its user named.
///
/// Of hosts that nobody named the best two are taken ([HostLoad], [PlacementRules]), where hosts stand at two sites
/// never two of one. Those in maintenance are taken only where it goes no other way: they are standbys as good as any
/// while they are up, and will be free again. Whom a user names is asked for memory and rules alone.
///
/// @param vm     a VM that does not exist yet
/// @param memory its RAM
/// @param cpus   its processors
public record PairChoice(LedgerState state, VmName vm, ByteSize memory, int cpus) {

    /// @param isUp whether a host is heard of
    /// @param fits whether two hosts can go on with what the other one runs, memory apart
    /// @throws Problem.Refused if there are no two with the memory for it that its rules allow
    public List<HostRecord> best(Predicate<HostName> isUp, Predicate<List<HostRecord>> fits) {
        List<List<HostRecord>> preferred =
                pairs(host -> isUp.test(host) && !state.maintained().contains(host));
        List<List<HostRecord>> pairs = preferred.isEmpty() ? pairs(isUp) : preferred;
        // If none fits, why the first does not is what the user is told.
        return pairs.stream()
                .filter(fits)
                .findFirst()
                .or(() -> pairs.stream().findFirst())
                .orElseThrow(() -> noPair().refused());
    }

    /// Those that a user named.
    ///
    /// @throws Problem.Refused if its rules do not allow them, or one of them is none
    public List<HostRecord> named(List<HostName> hosts) {
        if (!PlacementRules.allow(state, vm, hosts)) {
            throw broken(hosts).refused();
        }
        return hosts.stream().map(this::host).toList();
    }

    /// @throws Problem.Refused if one of them has not the memory for it
    public void checkMemory(List<HostRecord> hosts) {
        hosts.forEach(this::checkMemory);
    }

    /// All that may be one, the best first: those that suit its rules, and of these the ones that are used least.
    private List<List<HostRecord>> pairs(Predicate<HostName> isAble) {
        List<HostRecord> candidates = HostLoad.ranked(state, vm, memory, cpus, host -> isAble.test(host.name()));
        List<List<HostRecord>> pairs = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            for (int j = i + 1; j < candidates.size(); j++) {
                HostRecord one = candidates.get(i);
                HostRecord other = candidates.get(j);
                if (HostLoad.mayPair(state, one, other)) {
                    Stream.of(List.of(one, other), List.of(other, one))
                            .filter(pair -> PlacementRules.allow(state, vm, names(pair)))
                            .findFirst()
                            .ifPresent(pairs::add);
                }
            }
        }
        return pairs;
    }

    private static List<HostName> names(List<HostRecord> hosts) {
        return hosts.stream().map(HostRecord::name).toList();
    }

    private Problem broken(List<HostName> hosts) {
        return Problem.of(
                        "rule-broken",
                        "%s would break a rule on %s: %s.".formatted(vm, hosts, rules()),
                        "Name other hosts, or remove the rule: understudy rule list")
                .with("hosts", hosts);
    }

    private String rules() {
        return state.rules().stream()
                .filter(rule -> rule.isAbout(vm))
                .map(PlacementRule::toString)
                .collect(Collectors.joining(", "));
    }

    private Problem noPair() {
        String rules = rules();
        return Problem.of(
                        "no-pair",
                        "There are no two hosts%s that are up and have %s of memory for it%s."
                                .formatted(
                                        HostLoad.hasSites(state) ? " at different sites" : "",
                                        memory,
                                        rules.isEmpty() ? "" : ", and that its rules allow (" + rules + ")"),
                        "Make the VM smaller, or see understudy host list; --on A,B names any two hosts, and --on HOST creates it for one,"
                                + " unprotected.")
                .with("memory", memory);
    }

    private HostRecord host(HostName name) {
        return state.host(name)
                .filter(host -> host.role() == HostRecord.Role.HOST)
                .orElseThrow(() -> Problem.of(
                                "no-such-host",
                                "There is no host named " + name + ".",
                                "List them: understudy host list")
                        .refused());
    }

    private void checkMemory(HostRecord host) {
        long free = HostLoad.free(state, host);
        if (free < memory.bytes()) {
            throw Problem.of(
                            "no-memory",
                            "%s has %d MiB of memory left for VMs; %s needs %s."
                                    .formatted(host.name(), free >> 20, vm, memory),
                            "Make the VM smaller, or name other hosts.")
                    .with("host", host.name())
                    .with("memory", memory)
                    .refused();
        }
    }
}
