package understudy.simulator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.InSync;
import understudy.protocol.MirrorEffect;
import understudy.protocol.MirrorEffect.Role;
import understudy.protocol.MirrorInput;
import understudy.protocol.MirrorMachine;
import understudy.protocol.MirrorSide;
import understudy.protocol.MirrorState;
import understudy.protocol.MirrorWishes;
import understudy.protocol.Step;

/// The active's end of a volume, from the view by which it runs the VM to one by which it does not:
/// [MirrorMachine] decides, and this carries out what it says, with whole copies instead of dirty maps.
final class MirrorService {
    private static final long CONNECT_EVERY = 150 * Schedule.MILLISECOND;

    /// How long a view that was asked for is waited for; and then until it is asked for again.
    private static final long VIEW_WITHIN = 500 * Schedule.MILLISECOND;

    private static final long RETRY_AFTER = 200 * Schedule.MILLISECOND;

    /// How long the other replica is waited for where this host's may lack something.
    private static final long PATIENCE = Schedule.SECOND;

    private final Cluster cluster;
    private final Mirror mirror;
    private final VmDriver driver;
    private final MirrorMachine machine = new MirrorMachine();
    private final Deque<MirrorInput> inputs = new ArrayDeque<>();

    /// What this host's replica is to carry out, or has, since it is ready.
    private final Set<DiskRequest> carriedHere = new HashSet<>();

    private final List<DiskRequest> open = new ArrayList<>();
    private final Map<MirrorSide, Role> roles = new EnumMap<>(MirrorSide.class);
    private final Set<MirrorSide> ready = EnumSet.noneOf(MirrorSide.class);

    /// By host: which start of it the replica that is ready was found in.
    private final Map<HostName, Long> starts = new TreeMap<>();

    /// By replica: in which start of its host a view with it was granted. Kept beside the guest.
    private final Map<UUID, Long> countedIn;

    /// One after the other.
    private final Deque<MirrorEffect.Propose> asks = new ArrayDeque<>();

    private final long patientUntil;
    private MirrorWishes wishes;
    private MirrorState state = MirrorState.INITIAL;
    private boolean held = true;
    private boolean stepping;
    private boolean over;
    private boolean isWaiting;
    private Optional<DiskLink> link = Optional.empty();
    private Optional<DiskCopy> copy = Optional.empty();
    private long attempts;
    private long dialledAt = -CONNECT_EVERY;
    private long askAgainAt = Long.MAX_VALUE;

    MirrorService(Cluster cluster, Mirror mirror, View view) {
        this.cluster = cluster;
        this.mirror = mirror;
        this.driver = mirror.driver();
        this.wishes = MirrorWishes.at(mirror.volume(), view);
        this.patientUntil = now() + PATIENCE;
        this.countedIn = driver.agent().host().countedIn();
        roles.put(MirrorSide.LOCAL, Role.ABSENT);
        roles.put(MirrorSide.PEER, Role.ABSENT);
        mirror.replica().ifPresent(it -> countedIn.put(it.id(), it.lostPowerAt()));
    }

    void start() {
        told(false);
    }

    void end() {
        over = true;
        link.ifPresent(DiskLink::close);
    }

    private long now() {
        return cluster.schedule().nowNanos();
    }

    private HostName host(MirrorSide side) {
        return side == MirrorSide.LOCAL ? mirror.self() : mirror.peer().orElseThrow();
    }

    private MirrorSide side(HostName host) {
        return host.equals(mirror.self()) ? MirrorSide.LOCAL : MirrorSide.PEER;
    }

    // ---- the machine ----------------------------------------------------------------------------------------------

    /// Inputs that effects cause wait until all effects of the step are done.
    private void take(MirrorInput input) {
        inputs.add(input);
        if (stepping) {
            return;
        }
        stepping = true;
        while (!inputs.isEmpty()) {
            Step<MirrorState, MirrorEffect> step = machine.step(state, inputs.removeFirst());
            state = step.state();
            boolean isVoid = false;
            for (MirrorEffect effect : step.effects()) {
                isVoid = isVoid || !act(effect);
            }
        }
        stepping = false;
    }

    /// @return false if a replica that it needs is lost: the rest is void then
    private boolean act(MirrorEffect effect) {
        switch (effect) {
            case MirrorEffect.Hold() -> hold();
            case MirrorEffect.Propose ask -> propose(ask);
            case MirrorEffect.Serve(Role local, Role peer) -> {
                return serve(local, peer);
            }
            case MirrorEffect.StartCopy(MirrorSide target) -> {
                DiskCopy begun = new DiskCopy(cluster, this, target == MirrorSide.LOCAL);
                copy = Optional.of(begun);
                begun.start();
            }
            case MirrorEffect.StopCopy(), MirrorEffect.Admit(MirrorSide _) -> copy = Optional.empty();
            case MirrorEffect.Settle() -> copy.ifPresent(this::settle);
            case MirrorEffect.Forget(MirrorSide _) ->
                driver.later(0, () -> {
                    if (cluster.options().mutation() == Mutation.GO_ON_OVER_LOST_WRITES) {
                        forgotten();
                    } else {
                        driver.diskWentBack(mirror.volume());
                    }
                });
            case MirrorEffect.Track(MirrorSide _) -> {}
        }
        return true;
    }

    private void hold() {
        held = true;
        Mutation planted = cluster.options().mutation();
        if (planted == Mutation.ANSWER_WITHOUT_VIEW) {
            goOnWith(EnumSet.copyOf(ready.isEmpty() ? EnumSet.of(MirrorSide.LOCAL) : ready));
        } else if (planted == Mutation.FORGET_WHO_WAS_PROMISED && inSync() != InSync.BOTH) {
            goOnWith(EnumSet.of(inSync() == InSync.LOCAL ? MirrorSide.LOCAL : MirrorSide.PEER));
        }
    }

    private void goOnWith(Set<MirrorSide> sides) {
        roles.replaceAll((side, role) -> sides.contains(side) ? role : Role.ABSENT);
        held = false;
        redoAll();
    }

    private boolean serve(Role local, Role peer) {
        lookAtLocal();
        boolean isThere = (local == Role.ABSENT || ready.contains(MirrorSide.LOCAL))
                && (peer == Role.ABSENT || ready.contains(MirrorSide.PEER));
        if (!isThere) {
            return false;
        }
        boolean isLoose = cluster.options().mutation() == Mutation.JOIN_WITHOUT_TIGHTENING
                && state.copy() == MirrorState.Copy.SETTLING;
        if (!isLoose) {
            roles.put(MirrorSide.LOCAL, local);
            roles.put(MirrorSide.PEER, peer);
        }
        held = false;
        redoAll();
        return true;
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    private VolumeView volumes() {
        return wishes.view().volume(mirror.volume()).orElseThrow();
    }

    private InSync inSync() {
        boolean here = volumes().isInSync(mirror.self());
        boolean there = mirror.peer().filter(volumes()::isInSync).isPresent();
        return here && there ? InSync.BOTH : InSync.only(here ? MirrorSide.LOCAL : MirrorSide.PEER);
    }

    private void told(boolean own) {
        wishes = wishes.telling();
        take(new MirrorInput.ViewLearnt(wishes.told(), inSync(), own));
    }

    void learn(View next) {
        boolean isOther = wishes.hasOtherHosts(next);
        wishes = wishes.learnt(next);
        if (isOther && cluster.options().mutation() != Mutation.KEEP_FORMER_REPLICA) {
            letGo();
            return;
        }
        if (isWaiting && wishes.open().isEmpty()) {
            granted();
        } else if (wishes.isToBeTold()) {
            told(false);
        }
    }

    /// Another host has come in the other one's place.
    private void letGo() {
        link.ifPresent(DiskLink::close);
        link = Optional.empty();
        asks.clear();
        isWaiting = false;
        isLost(MirrorSide.PEER);
        told(false);
    }

    private void granted() {
        isWaiting = false;
        asks.removeFirst();
        volumes().replicas().stream()
                .filter(VolumeReplica::inSync)
                .forEach(it -> Optional.ofNullable(starts.get(it.host())).ifPresent(at -> countedIn.put(it.id(), at)));
        told(true);
        askSoon();
    }

    private void propose(MirrorEffect.Propose ask) {
        asks.add(ask);
        askSoon();
    }

    /// Not while the view machine is at work.
    private void askSoon() {
        driver.later(0, this::ask);
    }

    private void ask() {
        if (over || isWaiting) {
            return;
        }
        asks.removeIf(it -> wishes.isStale(it.number()));
        if (asks.isEmpty()) {
            return;
        }
        InSync set = asks.getFirst().inSync();
        List<VolumeReplica> wanted = volumes().replicas().stream()
                .filter(it -> set.has(side(it.host())))
                .toList();
        wishes = wishes.wished(wanted.stream().map(VolumeReplica::host).toList());
        wishes.news().forEach(driver::give);
        wishes = wishes.heard();
        wishes = driver.hasOpenProposal() ? wishes : wishes.decided(wishes.open());
        isWaiting = true;
        if (wishes.open().isEmpty()) {
            granted();
            return;
        }
        long attempt = ++attempts;
        driver.later(VIEW_WITHIN, () -> {
            if (isWaiting && attempts == attempt) {
                isWaiting = false;
                asks.removeFirst();
                askAgainAt = now() + RETRY_AFTER;
                ask();
            }
        });
    }

    /// Whether it may be called in sync: it is, or that was asked for.
    boolean isCounted(HostName host) {
        return volumes().isInSync(host)
                || roles.get(side(host)) == Role.REQUIRED
                || wishes.open().filter(it -> it.mayComeIn().contains(host)).isPresent();
    }

    // ---- replicas -------------------------------------------------------------------------------------------------

    /// @param start when its host lost its power last before it
    private void isReady(MirrorSide side, long start) {
        HostName host = host(side);
        Optional<Long> counted = volumes().on(host).map(it -> countedIn.get(it.id()));
        boolean isSameStart = counted.equals(Optional.of(start));
        boolean isIn = volumes().isInSync(host);
        ready.add(side);
        starts.put(host, start);
        if (side == MirrorSide.LOCAL) {
            carriedHere.clear();
        }
        // It may have lost what it had of them.
        open.forEach(it -> it.have().remove(host));
        boolean isWhole = side == MirrorSide.LOCAL ? !isIn || isSameStart : isIn && isSameStart;
        boolean isBehind = side == MirrorSide.PEER && isIn && counted.isPresent() && !isSameStart;
        take(new MirrorInput.ReplicaReady(side, isWhole, isBehind));
    }

    private void isLost(MirrorSide side) {
        if (ready.remove(side)) {
            take(new MirrorInput.ReplicaLost(side));
        }
    }

    private void lookAtLocal() {
        if (!ready.contains(MirrorSide.LOCAL) && mirror.isFree()) {
            isReady(MirrorSide.LOCAL, mirror.replica().orElseThrow().lostPowerAt());
        } else if (!mirror.works()) {
            isLost(MirrorSide.LOCAL);
        }
    }

    void linked(DiskLink which) {
        if (link.filter(which::equals).isPresent()) {
            isReady(MirrorSide.PEER, which.start());
        }
    }

    void linkLost(DiskLink which) {
        if (link.filter(which::equals).isPresent()) {
            link = Optional.empty();
            isLost(MirrorSide.PEER);
        }
    }

    void tick() {
        link.filter(DiskLink::isOverdue).ifPresent(DiskLink::giveUp);
        if (driver.isLettingGo()) {
            link.ifPresent(DiskLink::close);
            link = Optional.empty();
            isLost(MirrorSide.PEER);
        } else if (link.isEmpty() && now() - dialledAt >= CONNECT_EVERY) {
            driver.peer().ifPresent(this::dial);
        }
        lookAtLocal();
        if (state.patient() && now() >= patientUntil) {
            take(new MirrorInput.PatienceOver());
        }
        if (now() >= askAgainAt) {
            askAgainAt = Long.MAX_VALUE;
            take(new MirrorInput.ProposalUnanswered());
        }
        // What had to wait for a lease.
        redoAll();
    }

    private void dial(Host there) {
        dialledAt = now();
        DiskLink made = new DiskLink(cluster, mirror, there);
        link = Optional.of(made);
        made.dial();
    }

    /// No guest is left that was told anything.
    void forgotten() {
        take(new MirrorInput.Forgotten());
    }

    // ---- requests -------------------------------------------------------------------------------------------------

    void submit(DiskRequest request) {
        open.add(request);
        dispatch(request);
    }

    private void redoAll() {
        List.copyOf(open).forEach(this::dispatch);
    }

    private void dispatch(DiskRequest request) {
        if (held || over) {
            return;
        }
        if (request.kind() == DiskRequest.Kind.READ) {
            read(request);
            return;
        }
        if (request.kind() == DiskRequest.Kind.WRITE) {
            copy.ifPresent(it -> it.touched(request.block()));
        }
        for (MirrorSide side : MirrorSide.values()) {
            if (roles.get(side) != Role.ABSENT) {
                carry(side, request);
            }
        }
        answer(request);
    }

    private void read(DiskRequest request) {
        if (!driver.mayGoOn() || isOnItsWay(request.block())) {
            return;
        }
        boolean bug = cluster.options().mutation() == Mutation.READ_HERE_ALWAYS && mirror.works();
        if (roles.get(MirrorSide.LOCAL) == Role.REQUIRED || bug) {
            lookAtLocal();
            if (!held || bug) {
                mirror.replica().ifPresent(it -> readHere(it, request, bug));
            }
        } else {
            link.filter(DiskLink::isReady)
                    .ifPresent(way -> way.read(request.block(), found -> {
                        if (!over && !held && open.contains(request) && driver.mayGoOn()) {
                            answered(request, way.to(), found);
                        }
                    }));
        }
    }

    private void readHere(DiskReplica replica, DiskRequest request, boolean bug) {
        if (replica.isPrompt()) {
            answered(request, mirror.self(), replica.read(request.block()));
        } else if (carriedHere.add(request)) {
            replica.perform(
                    cluster.schedule(),
                    () -> whenDoneHere(() -> {
                        boolean isRequired = roles.get(MirrorSide.LOCAL) == Role.REQUIRED && !held;
                        if (!over && (isRequired || bug) && open.contains(request) && driver.mayGoOn()) {
                            answered(request, mirror.self(), replica.read(request.block()));
                        } else {
                            carriedHere.remove(request);
                        }
                    }));
        }
    }

    /// A disk works on while the agent stands still, or is no more.
    private void whenDoneHere(Runnable then) {
        driver.agent().host().inLife(driver.agent().life(), then);
    }

    /// Whether a write of the block has reached one of two replicas perhaps: nobody reads it before both have it. Who
    /// asked for it may be gone, and then nobody asks again where one replica is lost.
    private boolean isOnItsWay(int block) {
        return roles.values().stream().allMatch(Role.REQUIRED::equals)
                && open.stream().anyMatch(it -> it.kind() == DiskRequest.Kind.WRITE && it.block() == block);
    }

    private void answered(DiskRequest request, HostName source, long found) {
        open.remove(request);
        cluster.observe(
                new Observation.BlockRead(driver.vm(), mirror.volume(), mirror.self(), source, request.block(), found));
        request.answered(found);
    }

    /// Lets a replica carry out a write or a flush, unless it has, or is about to.
    private void carry(MirrorSide side, DiskRequest request) {
        if (request.have().contains(host(side))) {
            return;
        }
        if (side == MirrorSide.PEER) {
            link.filter(DiskLink::isReady).ifPresent(it -> it.carry(request, () -> confirmed(host(side), request)));
        } else if (mirror.works()) {
            carryHere(mirror.replica().orElseThrow(), request);
        } else {
            isLost(MirrorSide.LOCAL);
        }
    }

    private void carryHere(DiskReplica replica, DiskRequest request) {
        if (replica.isPrompt()) {
            request.carryOut(replica);
            request.have().add(mirror.self());
        } else if (carriedHere.add(request)) {
            replica.perform(cluster.schedule(), () -> {
                request.carryOut(replica);
                whenDoneHere(() -> confirmed(mirror.self(), request));
            });
        }
    }

    private void confirmed(HostName host, DiskRequest request) {
        request.have().add(host);
        answer(request);
    }

    /// Answers it if all that must have it do.
    private void answer(DiskRequest request) {
        boolean due = open.contains(request)
                && !held
                && !over
                && driver.mayGoOn()
                && roles.entrySet().stream()
                        .allMatch(it ->
                                it.getValue() != Role.REQUIRED || request.have().contains(host(it.getKey())));
        if (!due) {
            return;
        }
        open.remove(request);
        switch (request.kind()) {
            case WRITE ->
                cluster.observe(new Observation.WriteAcknowledged(
                        driver.vm(), mirror.volume(), request.block(), request.content(), request.issuedAt()));
            case FLUSH ->
                cluster.observe(new Observation.FlushAcknowledged(
                        driver.vm(), mirror.volume(), request.covered(), request.issuedAt()));
            case READ -> {}
        }
        request.answered(0);
        List.copyOf(open).stream()
                .filter(it -> it.kind() == DiskRequest.Kind.READ && it.block() == request.block())
                .forEach(this::dispatch);
    }

    // ---- copies ---------------------------------------------------------------------------------------------------

    Mirror mirror() {
        return mirror;
    }

    boolean isHeld() {
        return held && asks.isEmpty();
    }

    boolean isCopying() {
        return copy.filter(this::isCopying).isPresent();
    }

    boolean isCopying(DiskCopy which) {
        return !over
                && copy.filter(which::equals).isPresent()
                && link.filter(DiskLink::isReady).isPresent();
    }

    DiskLink way() {
        return link.orElseThrow();
    }

    /// What was answered before is on its way to the target; flushes behind it prove that it arrived.
    void caughtUp(DiskCopy which) {
        if (isCopying(which)) {
            take(new MirrorInput.CopyCaughtUp());
        }
    }

    private void settle(DiskCopy which) {
        lookAtLocal();
        if (!isCopying(which)) {
            return;
        }
        mirror.replica()
                .ifPresent(it -> it.perform(cluster.schedule(), () -> {
                    it.flush();
                    whenDoneHere(() -> settleThere(which));
                }));
    }

    private void settleThere(DiskCopy which) {
        if (isCopying(which)) {
            way().flush(() -> {
                if (isCopying(which)) {
                    take(new MirrorInput.Settled());
                }
            });
        }
    }

    @Override
    public String toString() {
        return "%s, roles %s%s, ready %s, asks %s, %d open"
                .formatted(state, roles, held ? ", held" : "", ready, asks, open.size());
    }
}
