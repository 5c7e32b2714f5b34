package understudy.simulator;

import java.util.Optional;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.ViewInput;

/// One volume in one life of an agent, at both ends: where the VM is active it is served ([MirrorService]); where it
/// is not, it applies what the active sends.
final class Mirror {
    private static final long TOO_LATE = Schedule.SECOND;

    private final Cluster cluster;
    private final VmDriver driver;
    private final VolumeId volume;
    private final HostName self;
    private Optional<View> view = Optional.empty();
    private Optional<MirrorService> service = Optional.empty();
    private Optional<DiskLink> accepted = Optional.empty();

    Mirror(Cluster cluster, VmDriver driver, VolumeId volume) {
        this.cluster = cluster;
        this.driver = driver;
        this.volume = volume;
        this.self = driver.agent().host().name();
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

    Optional<VolumeReplica> named(HostName host) {
        return volumes().flatMap(it -> it.on(host));
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
        return replica().filter(this::works).isPresent();
    }

    private boolean works(DiskReplica disk) {
        return disk.works(cluster.schedule().nowNanos());
    }

    /// Whether it works, and nothing is left to be done that somebody asked of it before.
    boolean isFree() {
        if (cluster.options().mutation() == Mutation.TAKE_BACK_BEFORE_DONE) {
            replica().filter(DiskReplica::isSound).ifPresent(it -> it.overtake(cluster.schedule(), TOO_LATE));
        }
        return replica().filter(disk -> works(disk) && disk.isIdle()).isPresent();
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    void apply(View next) {
        view = Optional.of(next);
        fillEmptyPlace();
        if (!isServing()) {
            service.ifPresent(MirrorService::end);
            service = Optional.empty();
        } else if (service.isEmpty()) {
            MirrorService begun = new MirrorService(cluster, this, next);
            service = Optional.of(begun);
            begun.start();
        } else {
            service.get().learn(next);
        }
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
        return driver.agent().host().disk(volume).filter(this::works).map(DiskReplica::id);
    }

    void submit(DiskRequest request) {
        service.ifPresent(it -> it.submit(request));
    }

    void tick() {
        fillEmptyPlace();
        service.ifPresent(it -> {
            present().ifPresent(id -> found(self, id));
            it.tick();
        });
    }

    /// Whether a write is answered only when it is there.
    boolean isCounted(HostName host) {
        return service.map(it -> it.isCounted(host)).orElseGet(() -> isInSync(host));
    }

    // ---- the way to the other host --------------------------------------------------------------------------------

    /// At the other end: what comes by an older way is not taken any more.
    void accept(DiskLink which) {
        accepted = Optional.of(which);
    }

    boolean isAccepted(DiskLink which) {
        return accepted.filter(which::equals).isPresent();
    }

    /// Whether nothing is answered, and nothing asked for that would change that.
    boolean isHeld() {
        return service.filter(MirrorService::isHeld).isPresent();
    }

    boolean isCopying() {
        return service.filter(MirrorService::isCopying).isPresent();
    }

    void forgotten() {
        service.ifPresent(MirrorService::forgotten);
    }

    void linked(DiskLink which) {
        service.ifPresent(it -> it.linked(which));
    }

    void linkLost(DiskLink which) {
        service.ifPresent(it -> it.linkLost(which));
    }

    /// What is on a host is not what the view names.
    void found(HostName host, UUID id) {
        if (named(host).filter(it -> !it.inSync() && !it.id().equals(id)).isPresent()) {
            driver.give(new ViewInput.ReplicaReplaced(volume, host, id));
        }
    }

    VolumeId volume() {
        return volume;
    }

    HostName self() {
        return self;
    }

    Optional<HostName> peer() {
        return driver.peer().map(Host::name);
    }

    /// Whether the view that is known here has another active than the other end, or another life of it.
    boolean isStrangerTo(Mirror other) {
        return !isRunBy(other.driver);
    }

    @Override
    public String toString() {
        return service.map(MirrorService::toString).orElse("not served");
    }
}
