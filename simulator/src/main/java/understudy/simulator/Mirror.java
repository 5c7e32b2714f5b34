package understudy.simulator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.ViewInput;

/// One volume in one life of an agent, at both ends: where the VM is active it carries every request to all
/// replicas that must have it, and brings replicas that missed something back by a whole copy; where it is not,
/// it applies what the active sends.
///
/// It obeys the last view that was learnt, and waits with its answers where that view counts on a replica that
/// failed.
final class Mirror {
    private static final long CONNECT_EVERY = 150 * Schedule.MILLISECOND;

    private final Cluster cluster;
    private final VmDriver driver;
    private final VolumeId volume;
    private final HostName self;
    private final Optional<Host> peer;

    /// This host, then the other, if there is one.
    private final List<HostName> hosts;

    private final List<DiskRequest> open = new ArrayList<>();
    private final Set<HostName> failed = new TreeSet<>();
    private Optional<View> view = Optional.empty();
    private Optional<DiskLink> link = Optional.empty();
    private Optional<DiskLink> accepted = Optional.empty();
    private Optional<DiskCopy> copy = Optional.empty();

    /// What is asked to come in. It may until it is in, or has failed and a view of another proposal is learnt after
    /// that: views for other volumes of the VM decide nothing about it, and a view by which this host goes on alone
    /// has the number that the ledger's own will have.
    ///
    /// @param failedUnder the proposal of the view that was known then
    private record Promise(HostName host, boolean asked, Optional<UUID> failedUnder) {}

    private Optional<Promise> promised = Optional.empty();
    private long dialledAt = -CONNECT_EVERY;

    Mirror(Cluster cluster, VmDriver driver, VolumeId volume) {
        this.cluster = cluster;
        this.driver = driver;
        this.volume = volume;
        this.self = driver.agent().host().name();
        this.peer = driver.peer();
        this.hosts =
                Stream.concat(Stream.of(self), peer.map(Host::name).stream()).toList();
    }

    VmDriver driver() {
        return driver;
    }

    long viewNumber() {
        return view.map(View::number).orElse(0L);
    }

    // ---- what is known --------------------------------------------------------------------------------------------

    private Optional<VolumeView> volumes() {
        return view.flatMap(it -> it.volume(volume));
    }

    boolean isServing() {
        return isRunBy(driver);
    }

    private boolean isRunBy(VmDriver which) {
        return view.flatMap(it -> it.placement().activeReplica())
                .filter(which.agent().replica()::equals)
                .isPresent();
    }

    boolean isInSync(HostName host) {
        return volumes().filter(it -> it.isInSync(host)).isPresent();
    }

    /// Whether no view can go on without it: no other replica that is in sync works.
    private boolean isLast(HostName host) {
        return volumes()
                .filter(it -> it.inSync().contains(host)
                        && it.inSync().stream().allMatch(is -> is.equals(host) || failed.contains(is)))
                .isPresent();
    }

    Optional<VolumeReplica> named(HostName host) {
        return volumes().flatMap(it -> it.on(host));
    }

    private UUID idOn(HostName host) {
        return named(host).orElseThrow().id();
    }

    /// This host's replica, if it is the view's.
    Optional<DiskReplica> replica() {
        return driver.agent()
                .host()
                .disk(volume)
                .filter(disk ->
                        named(self).filter(it -> it.id().equals(disk.id())).isPresent());
    }

    boolean works() {
        return replica().filter(disk -> !disk.isFailing()).isPresent();
    }

    private boolean isLinked() {
        return link.filter(DiskLink::isReady).isPresent();
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    void apply(View next) {
        view = Optional.of(next);
        fillEmptyPlace();
        if (!isServing()) {
            close();
            open.clear();
            return;
        }
        failed.removeIf(host -> !isInSync(host));
        copy = copy.filter(it -> !isInSync(it.target()) && it.id().equals(idOn(it.target())));
        promised = promised.filter(it -> !isInSync(it.host())
                && it.failedUnder()
                        .filter(under -> !under.equals(next.proposal()))
                        .isEmpty());
        List.copyOf(open).forEach(this::dispatch);
    }

    /// A host whose replica is lost puts an empty one in its place, with an id of its own, as soon as a view
    /// does not count on the lost one. It becomes a replica when a view names it.
    private void fillEmptyPlace() {
        Host host = driver.agent().host();
        boolean counted = view.isEmpty() || isInSync(self);
        if (!counted && host.disk(volume).isEmpty() && host.hasWorkingDisk(volume)) {
            host.put(volume, new DiskReplica(cluster.dice().uuid()));
        }
    }

    /// The id of what is here, be it the view's or not.
    Optional<UUID> present() {
        return driver.agent()
                .host()
                .disk(volume)
                .filter(disk -> !disk.isFailing())
                .map(DiskReplica::id);
    }

    void close() {
        link.ifPresent(DiskLink::close);
        link = Optional.empty();
        copy = Optional.empty();
        promised = Optional.empty();
        failed.clear();
    }

    // ---- requests -------------------------------------------------------------------------------------------------

    void submit(DiskRequest request) {
        open.add(request);
        dispatch(request);
    }

    private void dispatch(DiskRequest request) {
        if (!isServing()) {
            return;
        }
        if (request.kind() == DiskRequest.Kind.READ) {
            read(request);
            return;
        }
        copy.ifPresent(it -> it.touched(request.block()));
        for (HostName host : hosts) {
            if (isInSync(host) || copy.filter(it -> it.target().equals(host)).isPresent()) {
                carry(host, request);
            }
        }
        answer(request);
    }

    private void read(DiskRequest request) {
        if (!driver.mayGoOn()) {
            return;
        }
        boolean here = isInSync(self) && !failed.contains(self) && works();
        boolean bug = cluster.options().mutation() == Mutation.READ_HERE_ALWAYS && works();
        if (here || bug) {
            answered(request, self, replica().orElseThrow().read(request.block()));
        } else if (isInSync(self) && !failed.contains(self)) {
            fail(self);
        } else {
            link.filter(it -> it.isReady() && isSource(it.to()))
                    .ifPresent(way -> way.read(request.block(), found -> {
                        if (open.contains(request) && driver.mayGoOn()) {
                            answered(request, way.to(), found);
                        }
                    }));
        }
    }

    private void answered(DiskRequest request, HostName source, long found) {
        open.remove(request);
        cluster.observe(new Observation.BlockRead(driver.vm(), volume, self, source, request.block(), found));
        request.answered(found);
    }

    /// Lets a host carry out a write or a flush, unless it has. One that failed gets nothing before it is in
    /// sync again: its host may have lost what was acknowledged.
    private void carry(HostName host, DiskRequest request) {
        if (request.have().contains(host) || failed.contains(host)) {
            return;
        }
        if (!host.equals(self)) {
            link.filter(DiskLink::isReady).ifPresent(it -> it.carry(request, () -> confirmed(host, request)));
        } else if (works()) {
            request.carryOut(replica().orElseThrow());
            request.have().add(self);
        } else {
            fail(self);
        }
    }

    private void confirmed(HostName host, DiskRequest request) {
        request.have().add(host);
        answer(request);
    }

    /// Answers it if all that must have it do: every replica that the view calls in sync, and one that is to come
    /// in.
    private void answer(DiskRequest request) {
        boolean due = open.contains(request)
                && isServing()
                && driver.mayGoOn()
                && request.kind() != DiskRequest.Kind.READ
                && hosts.stream().allMatch(host -> has(host, request));
        if (!due) {
            return;
        }
        open.remove(request);
        switch (request.kind()) {
            case WRITE ->
                cluster.observe(new Observation.WriteAcknowledged(
                        driver.vm(), volume, request.block(), request.content(), request.issuedAt()));
            case FLUSH ->
                cluster.observe(
                        new Observation.FlushAcknowledged(driver.vm(), volume, request.covered(), request.issuedAt()));
            case READ -> {}
        }
        request.answered(0);
    }

    private boolean has(HostName host, DiskRequest request) {
        if (cluster.options().mutation() == Mutation.ANSWER_WITHOUT_VIEW && failed.contains(host)) {
            return true;
        }
        return !isCounted(host) || request.have().contains(host);
    }

    /// Whether a write is answered only when it is there.
    boolean isCounted(HostName host) {
        return isInSync(host) || promised.filter(it -> it.host().equals(host)).isPresent();
    }

    // ---- failures -------------------------------------------------------------------------------------------------

    /// Nothing is answered any more that this replica must have, until a view without it is learnt.
    void fail(HostName host) {
        boolean isWhole =
                promised.filter(it -> it.asked() && !it.host().equals(host)).isPresent();
        copy = copy.filter(_ -> isWhole);
        promised = promised.filter(Promise::asked)
                .map(it -> it.host().equals(host) ? new Promise(host, true, view.map(View::proposal)) : it);
        boolean counted = isCounted(host);
        if (cluster.options().mutation() == Mutation.FORGET_WHO_WAS_PROMISED) {
            promised = Optional.empty();
        }
        if (isServing() && counted && failed.add(host)) {
            driver.give(new ViewInput.ReplicaFailed(volume, host, "failed"));
            List.copyOf(open).forEach(this::answer);
        }
    }

    void linkLost(DiskLink which) {
        if (link.filter(which::equals).isPresent()) {
            link = Optional.empty();
            fail(which.to());
        }
    }

    // ---- coming back ----------------------------------------------------------------------------------------------

    void tick() {
        fillEmptyPlace();
        if (!isServing()) {
            return;
        }
        peer.filter(_ -> link.isEmpty() && cluster.schedule().nowNanos() - dialledAt >= CONNECT_EVERY)
                .ifPresent(this::dial);
        if (isInSync(self) && !failed.contains(self) && !works()) {
            fail(self);
        }
        if (isInSync(self) && failed.contains(self) && isLast(self) && works()) {
            recovered(self);
        }
        peer.map(Host::name).filter(_ -> isLinked()).ifPresent(this::recoverLast);
        present().ifPresent(id -> found(self, id));
        beginCopy();
        open.stream().filter(it -> it.kind() == DiskRequest.Kind.READ).toList().forEach(this::read);
        // What had to wait for a lease.
        List.copyOf(open).forEach(this::answer);
    }

    private void dial(Host there) {
        dialledAt = cluster.schedule().nowNanos();
        DiskLink made = new DiskLink(cluster, this, there);
        link = Optional.of(made);
        made.dial();
    }

    /// At the other end: what comes by an older way is not taken any more.
    void accept(DiskLink which) {
        accepted = Optional.of(which);
    }

    boolean isAccepted(DiskLink which) {
        return accepted.filter(which::equals).isPresent();
    }

    void linked(HostName there) {
        recoverLast(there);
        List.copyOf(open).forEach(this::dispatch);
        beginCopy();
    }

    /// It may become the last one only after it is linked, by a view that was on its way.
    private void recoverLast(HostName there) {
        if (failed.contains(there) && isLast(there)) {
            recovered(there);
        }
    }

    /// What it missed is open still: nothing was answered without it.
    private void recovered(HostName host) {
        failed.remove(host);
        driver.give(new ViewInput.ReplicaRecovered(volume, host));
        List.copyOf(open).forEach(this::dispatch);
    }

    /// What is on a host is not what the view names.
    void found(HostName host, UUID id) {
        if (named(host).filter(it -> !it.inSync() && !it.id().equals(id)).isPresent()) {
            driver.give(new ViewInput.ReplicaReplaced(volume, host, id));
        }
    }

    private void beginCopy() {
        if (copy.isPresent() || promised.isPresent() || !isLinked()) {
            return;
        }
        HostName there = way().to();
        if (isSource(self) && !isInSync(there)) {
            begin(there);
        } else if (isSource(there) && !isInSync(self) && works()) {
            begin(self);
        }
    }

    private boolean isSource(HostName host) {
        return isInSync(host) && !failed.contains(host);
    }

    private void begin(HostName target) {
        DiskCopy begun = new DiskCopy(cluster, this, target, idOn(target), target.equals(self));
        copy = Optional.of(begun);
        open.stream().filter(it -> it.kind() != DiskRequest.Kind.READ).toList().forEach(it -> carry(target, it));
        begun.start();
    }

    boolean isCopying(DiskCopy which) {
        return copy.filter(which::equals).isPresent() && isServing() && isLinked();
    }

    void giveUp(DiskCopy which) {
        copy = copy.filter(it -> !it.equals(which));
    }

    DiskLink way() {
        return link.orElseThrow();
    }

    /// From here on nothing is answered that the target of the copy does not have, be it that it fails again: who
    /// asked for it cannot take that back.
    void promise(HostName target) {
        promised = Optional.of(new Promise(target, false, Optional.empty()));
    }

    void caughtUp(HostName target) {
        promised = promised.map(it -> new Promise(target, true, Optional.empty()));
        driver.give(new ViewInput.ReplicaCaughtUp(volume, target));
    }

    VolumeId volume() {
        return volume;
    }

    HostName self() {
        return self;
    }

    /// Whether the view that is known here has another active than the other end, or another life of it.
    boolean isStrangerTo(Mirror other) {
        return !isRunBy(other.driver);
    }

    @Override
    public String toString() {
        return "link %s, copy to %s, %s, failed %s, %d open"
                .formatted(link.map(DiskLink::isReady), copy.map(DiskCopy::target), promised, failed, open.size());
    }
}
