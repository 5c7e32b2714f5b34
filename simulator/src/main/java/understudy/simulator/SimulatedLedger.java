package understudy.simulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Pairing;

/// The replicated ledger as its clients see it: one truth, reached through a leader that has a majority, with
/// answers that are late or lost, and a feed to every node that is late but in order. The truth is the production
/// state machine.
final class SimulatedLedger {
    private static final long CHECK_EVERY = 10 * Schedule.MILLISECOND;

    /// Of a feed that is further behind, all arrives at once up to here.
    private static final int BEHIND_MAX = 20;

    /// A change of one VM.
    ///
    /// @param record what the ledger holds of it from then on; empty once it is deleted
    /// @param hosts  whose VM it was before, or is
    record Entry(VmId vm, Optional<VmRecord> record, Set<HostName> hosts) {}

    /// A node's own copy of the ledger: a beginning of the log, perhaps an old one. A host looks only at its own
    /// VMs.
    private static final class Copy {
        final Node node;
        final Deque<Entry> waiting = new ArrayDeque<>();
        final Map<VmId, VmRecord> vms = new TreeMap<>();
        boolean feeding;

        Copy(Node node) {
            this.node = node;
        }

        void logged(Entry entry) {
            if (!(node instanceof Host) || entry.hosts().contains(node.name())) {
                waiting.add(entry);
            }
        }

        Entry next() {
            Entry entry = waiting.removeFirst();
            VmId id = entry.vm();
            entry.record().ifPresentOrElse(vm -> vms.put(id, vm), () -> vms.remove(id));
            return entry;
        }
    }

    private final Cluster cluster;
    private final Voting voting;
    private final List<Copy> copies;
    private LedgerState truth = LedgerState.empty();
    private final List<View> underWay = new ArrayList<>();

    /// What a leader took, and was lost before it could say so.
    private final List<LedgerCommand> unfinished = new ArrayList<>();

    private Optional<Runnable> atNextProposal = Optional.empty();
    private Optional<Node> leader = Optional.empty();
    private boolean electing;
    private long specsChanged;
    private boolean ordered;

    /// @param voting of the same cluster
    SimulatedLedger(Cluster cluster, Voting voting) {
        this.cluster = cluster;
        this.voting = voting;
        this.copies = cluster.nodes().stream().map(Copy::new).toList();
    }

    Optional<VmRecord> vm(VmId id) {
        return truth.vm(id);
    }

    Collection<VmRecord> vms() {
        return truth.vms().values();
    }

    /// As it is, for who decides what a host sees of it.
    LedgerState state() {
        return truth;
    }

    Set<HostName> maintained() {
        return truth.maintained();
    }

    /// Goes up whenever a VM comes, goes, or becomes something else.
    long specsChanged() {
        return specsChanged;
    }

    /// Whether any VM may have to wait for its turn to start.
    boolean isOrdered() {
        return ordered;
    }

    /// Whether a node could have something decided now.
    boolean serves(Node node) {
        return working().filter(it -> cluster.network().talk(node, it)).isPresent();
    }

    /// Picks those that could not have anything decided now.
    Predicate<Node> unserved() {
        Optional<Node> works = working();
        return node -> works.filter(it -> cluster.network().talk(node, it)).isEmpty();
    }

    /// Who leads, if it can have anything decided.
    Optional<Node> working() {
        return leader.filter(cluster.network()::hasMajority);
    }

    void start() {
        check();
    }

    private void check() {
        leader = working();
        leader = voting.look(leader).or(() -> leader);
        if (leader.isEmpty() && !electing) {
            electing = true;
            cluster.schedule().after(cluster.dice().millis(100, 500), this::elect);
        }
        copies.forEach(this::feed);
        cluster.schedule().after(CHECK_EVERY, this::check);
    }

    /// Prefers a witness, as the real one does; where all goes wrong that can, another one may lead for long.
    private void elect() {
        electing = false;
        List<Node> able = cluster.nodes().reversed().stream()
                .filter(cluster.network()::isVoter)
                .filter(cluster.network()::hasMajority)
                .toList();
        if (!able.isEmpty()) {
            boolean isPreferred =
                    cluster.options().faultsFor().isZero() || cluster.dice().chance(0.7);
            leader = Optional.of(isPreferred ? able.getFirst() : cluster.dice().pick(able));
            finish();
        }
    }

    /// What the leader before had on a majority's disks is decided first, in its order.
    private void finish() {
        List<LedgerCommand> first = List.copyOf(unfinished);
        unfinished.clear();
        first.forEach(command -> {
            view(command).ifPresent(underWay::remove);
            apply(command);
        });
    }

    /// Lets something happen when somebody has asked for a view the next time, before anybody decides.
    void atNextProposal(Runnable then) {
        atNextProposal = Optional.of(then);
    }

    private static Optional<View> view(LedgerCommand command) {
        return command instanceof LedgerCommand.ChangeView(VmId _, long _, View next)
                ? Optional.of(next)
                : Optional.empty();
    }

    /// Whether a view is under way, its author dead or not, by which a host's replica is in sync.
    boolean mayComeToCount(VolumeId volume, HostName host) {
        return underWay.stream()
                .anyMatch(view ->
                        view.volume(volume).filter(it -> it.isInSync(host)).isPresent());
    }

    /// Asks from a node. The answer may never come, be the command applied or not. Now and then the command comes
    /// twice, as of somebody who asks again because the answer is late, or the answer does.
    void ask(Node from, LedgerCommand command, Consumer<LedgerAnswer> answered) {
        if (!serves(from)) {
            return;
        }
        boolean slow = cluster.dice().chance(cluster.options().slowProposals());
        long delay = slow ? cluster.dice().millis(100, 3_000) : cluster.dice().millis(0.5, 15);
        if (!cluster.dice().chance(cluster.options().lostMessages())) {
            send(from, command, answered, delay);
            if (cluster.isRepeated()) {
                send(from, command, answered, cluster.dice().millis(0.5, 1_500));
            }
            if (view(command).isPresent()) {
                Optional<Runnable> next = atNextProposal;
                atNextProposal = Optional.empty();
                next.ifPresent(Runnable::run);
            }
        }
    }

    private void send(Node from, LedgerCommand command, Consumer<LedgerAnswer> answered, long delay) {
        view(command).ifPresent(underWay::add);
        cluster.schedule().after(delay, () -> land(from, command, answered));
    }

    /// Lands whether or not its author is still there. Where the leader is lost meanwhile the next one may find it
    /// in its log, or not; nobody is told.
    private void land(Node from, LedgerCommand command, Consumer<LedgerAnswer> answered) {
        boolean isLed = working().isPresent();
        if (!isLed && cluster.dice().chance(0.5)) {
            unfinished.add(command);
            return;
        }
        view(command).ifPresent(underWay::remove);
        if (!isLed) {
            return;
        }
        LedgerAnswer answer = apply(command);
        if (!cluster.dice().chance(cluster.options().lostMessages())) {
            Runnable tell = () -> {
                // What comes for a process that stands still lies in its socket until it wakes.
                boolean waits = command instanceof LedgerCommand.RenewLease && from.isPaused();
                if (serves(from) || waits) {
                    answered.accept(answer);
                }
            };
            cluster.schedule().after(cluster.dice().millis(0.2, 10), tell);
            if (cluster.isRepeated()) {
                cluster.schedule().after(cluster.dice().millis(0.2, 1_500), tell);
            }
        }
    }

    /// Applies at once, for the operator and for the beginning of a run.
    LedgerAnswer apply(LedgerCommand command) {
        LedgerState before = truth;
        LedgerState.Applied applied = truth.apply(command);
        truth = applied.state();
        List<VmId> about = about(command);
        if (command instanceof LedgerCommand.ChangeView(VmId id, long _, View _)) {
            changed(before, id, applied.answer());
        }
        if (command instanceof LedgerCommand.ChangePair(VmId id, long _, Replica _, HostName to, var _, UUID _)) {
            changed(before, id, applied.answer());
            if (!before.vm(id).equals(truth.vm(id))) {
                VmSpec spec = truth.vm(id).orElseThrow().spec();
                boolean isNamed = before.vm(id).flatMap(VmRecord::replaced).isPresent();
                cluster.note("pair-changed", to, spec.name().toString(), "");
                cluster.observe(new Observation.PairChosen(id, spec.hosts(), isNamed));
            }
        }
        if (command instanceof LedgerCommand.ForceStart forced && applied.answer() instanceof LedgerAnswer.Accepted) {
            VmId id = forced.vm();
            cluster.observe(new Observation.StartForced(
                    id, forced.host(), truth.vm(id).orElseThrow().view()));
        }
        if (command instanceof LedgerCommand.RenewLease(HostName host, var _)) {
            cluster.partners().of(host).forEach(other -> tellOfRenewal(cluster.node(other), host));
        }
        about.forEach(id -> log(before.vm(id), truth.vm(id)));
        copies.forEach(this::feed);
        return applied.answer();
    }

    /// What it may change.
    private List<VmId> about(LedgerCommand command) {
        return switch (command) {
            case LedgerCommand.CreateVm it -> List.of(it.spec().id());
            case LedgerCommand.ChangeView it -> List.of(it.vm());
            case LedgerCommand.ForceStart it -> List.of(it.vm());
            case LedgerCommand.ChangePair it -> List.of(it.vm());
            case LedgerCommand.SetWanted it -> List.of(it.vm());
            case LedgerCommand.SetLevel it -> List.of(it.vm());
            case LedgerCommand.MoveVm it -> List.of(it.vm());
            case LedgerCommand.SwitchedOff it -> List.of(it.vm());
            case LedgerCommand.GiveUp it -> List.of(it.vm());
            case LedgerCommand.GrowVolume it -> List.of(it.vm());
            case LedgerCommand.DeleteVm it -> List.of(it.vm());
            case LedgerCommand.Maintain _ -> List.copyOf(truth.vms().keySet());
            case LedgerCommand.RegisterHost _,
                    LedgerCommand.RemoveHost _,
                    LedgerCommand.RenewLease _,
                    LedgerCommand.SetRule _ -> List.of();
        };
    }

    private void log(Optional<VmRecord> was, Optional<VmRecord> is) {
        if (was.equals(is)) {
            return;
        }
        Optional<VmSpec> spec = is.map(VmRecord::spec);
        if (!was.map(VmRecord::spec).equals(spec)) {
            specsChanged++;
            ordered |= spec.filter(it -> it.care().hasTurn()).isPresent();
        }
        Set<HostName> hosts = new TreeSet<>();
        List<VmRecord> records = Stream.concat(was.stream(), is.stream()).toList();
        records.forEach(record -> hosts.addAll(record.spec().hosts()));
        Entry entry = new Entry(records.getFirst().spec().id(), is, hosts);
        copies.forEach(copy -> copy.logged(entry));
    }

    private void changed(LedgerState before, VmId id, LedgerAnswer answer) {
        // A host may become unfit to come while it is asked for.
        if (answer instanceof LedgerAnswer.Refused(var problem) && !Pairing.isUnfit(problem)) {
            cluster.observe(new Observation.ProposalRefused(id, problem.message()));
        }
        Optional<VmRecord> was = before.vm(id);
        Optional<VmRecord> is = truth.vm(id);
        if (is.isPresent() && !was.map(VmRecord::view).equals(is.map(VmRecord::view))) {
            cluster.observe(
                    new Observation.ViewAccepted(id, was.orElseThrow(), is.get().view()));
        }
    }

    /// What a node's own copy of the ledger holds of its VMs.
    Collection<VmRecord> copyAt(Node node) {
        return copies.stream()
                .filter(copy -> copy.node.equals(node))
                .findFirst()
                .orElseThrow()
                .vms
                .values();
    }

    private void tellOfRenewal(Node node, HostName by) {
        cluster.schedule().after(cluster.dice().millis(0.5, 10), () -> {
            if (serves(node)) {
                cluster.renewed(node, by);
            }
        });
    }

    private void feed(Copy copy) {
        if (copy.feeding || copy.waiting.isEmpty()) {
            return;
        }
        copy.feeding = true;
        boolean slow = cluster.dice().chance(0.05);
        long delay = slow ? cluster.dice().millis(20, 400) : cluster.dice().millis(0.5, 10);
        cluster.schedule().after(delay, () -> {
            copy.feeding = false;
            if (serves(copy.node)) {
                do {
                    cluster.learnt(copy.node, copy.next());
                } while (copy.waiting.size() > BEHIND_MAX);
                feed(copy);
            }
        });
    }
}
