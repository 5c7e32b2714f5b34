package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;

/// The replicated ledger as its clients see it: one truth, reached through a leader that has a majority, with
/// answers that are late or lost, and a feed to every node that is late but in order. The truth is the production
/// state machine.
final class SimulatedLedger {
    private static final long CHECK_EVERY = 10 * Schedule.MILLISECOND;

    private final Cluster cluster;
    private final List<VmRecord> log = new ArrayList<>();
    private final Map<HostName, Integer> fed = new TreeMap<>();
    private final Map<HostName, Boolean> feeding = new TreeMap<>();
    private LedgerState truth = LedgerState.empty();
    private Optional<Node> leader = Optional.empty();
    private boolean electing;

    SimulatedLedger(Cluster cluster) {
        this.cluster = cluster;
    }

    Optional<VmRecord> vm(VmId id) {
        return truth.vm(id);
    }

    List<VmRecord> vms() {
        return List.copyOf(truth.vms().values());
    }

    /// Whether a node could have something decided now.
    boolean serves(Node node) {
        return leader.filter(l ->
                        cluster.network().hasMajority(l) && cluster.network().talk(node, l))
                .isPresent();
    }

    void start() {
        check();
    }

    private void check() {
        if (leader.isPresent() && !cluster.network().hasMajority(leader.get())) {
            leader = Optional.empty();
        }
        if (leader.isEmpty() && !electing) {
            electing = true;
            cluster.schedule().after(cluster.dice().millis(100, 500), this::elect);
        }
        cluster.nodes().forEach(this::feed);
        cluster.schedule().after(CHECK_EVERY, this::check);
    }

    /// Prefers the witness, as the real one does.
    private void elect() {
        electing = false;
        List<Node> able = cluster.nodes().reversed().stream()
                .filter(cluster.network()::hasMajority)
                .toList();
        if (!able.isEmpty()) {
            leader = Optional.of(
                    cluster.dice().chance(0.7)
                            ? able.getFirst()
                            : cluster.dice().pick(able));
        }
    }

    /// Asks from a node. The answer may never come, be the command applied or not.
    void ask(Node from, LedgerCommand command, Consumer<LedgerAnswer> answered) {
        if (!serves(from)) {
            return;
        }
        boolean slow = cluster.dice().chance(cluster.options().slowProposals());
        long delay = slow ? cluster.dice().millis(100, 3_000) : cluster.dice().millis(0.5, 15);
        if (!cluster.dice().chance(cluster.options().lostMessages())) {
            cluster.schedule().after(delay, () -> land(from, command, answered));
        }
    }

    /// Lands whether or not its author is still there.
    private void land(Node from, LedgerCommand command, Consumer<LedgerAnswer> answered) {
        if (leader.filter(cluster.network()::hasMajority).isEmpty()) {
            return;
        }
        LedgerAnswer answer = apply(command);
        if (!cluster.dice().chance(cluster.options().lostMessages())) {
            cluster.schedule().after(cluster.dice().millis(0.2, 10), () -> {
                if (serves(from)) {
                    answered.accept(answer);
                }
            });
        }
    }

    /// Applies at once, for the operator and for the beginning of a run.
    LedgerAnswer apply(LedgerCommand command) {
        LedgerState before = truth;
        LedgerState.Applied applied = truth.apply(command);
        truth = applied.state();
        if (command instanceof LedgerCommand.ChangeView(VmId id, long _, View _)) {
            changed(before, id, applied.answer());
        }
        for (VmRecord vm : truth.vms().values()) {
            if (!before.vm(vm.spec().id()).equals(Optional.of(vm))) {
                log.add(vm);
            }
        }
        cluster.nodes().forEach(this::feed);
        return applied.answer();
    }

    private void changed(LedgerState before, VmId id, LedgerAnswer answer) {
        if (answer instanceof LedgerAnswer.Refused(var problem)) {
            cluster.observe(new Observation.ProposalRefused(id, problem.message()));
        }
        VmRecord was = before.vm(id).orElseThrow();
        VmRecord is = truth.vm(id).orElseThrow();
        if (!was.view().equals(is.view())) {
            cluster.observe(new Observation.ViewAccepted(id, was, is.view()));
        }
    }

    /// What a node's own copy of the ledger holds: a beginning of the log, perhaps an old one.
    Optional<VmRecord> copyAt(HostName node, VmId id) {
        Optional<VmRecord> last = Optional.empty();
        for (VmRecord vm : log.subList(0, fed.getOrDefault(node, 0))) {
            if (vm.spec().id().equals(id)) {
                last = Optional.of(vm);
            }
        }
        return last;
    }

    private void feed(Node node) {
        if (feeding.getOrDefault(node.name(), false) || fed.getOrDefault(node.name(), 0) >= log.size()) {
            return;
        }
        feeding.put(node.name(), true);
        boolean slow = cluster.dice().chance(0.05);
        long delay = slow ? cluster.dice().millis(20, 400) : cluster.dice().millis(0.5, 10);
        cluster.schedule().after(delay, () -> {
            feeding.put(node.name(), false);
            if (serves(node)) {
                VmRecord next = log.get(fed.merge(node.name(), 1, Integer::sum) - 1);
                cluster.learnt(node, next);
                feed(node);
            }
        });
    }
}
