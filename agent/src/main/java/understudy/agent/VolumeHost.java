package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.link.Connection;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.protocol.MirrorWishes;
import understudy.protocol.ViewInput;
import understudy.qemu.InstanceDirectory;
import understudy.volume.Volume;
import understudy.volume.mirror.ReplicaServer;
import understudy.volume.mirror.ServedVolume;
import understudy.volume.nbd.NbdLimits;
import understudy.volume.nbd.NbdSocket;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// The disks of one VM on this host. Where the VM is active in this life they are served to its QEMU, and
/// mirrored to the other host; else the other host's mirror may come and use the replicas here.
///
/// A replica is open in one role at a time: the metadata file is locked, and the roles are changed in the order
/// of the views that are learnt.
///
/// Threads: the driver's, save where a method says otherwise. Nothing here waits for a disk on the driver's
/// thread: replicas are looked at ([ReplicaLooks]), opened (by mirror and replica server) and closed ([Closings])
/// by threads of their own. So a disk that hangs stops no view, no checkpoint and no stop. What a hung role
/// leaves open stays locked; the next one is refused, tries again, and the volume goes on with the other replica.
final class VolumeHost {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeHost.class);
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration DIAL = Duration.ofSeconds(1);
    private static final Duration REMOVAL = Duration.ofSeconds(30);

    /// A QEMU that is let go of is ended at once, so nobody waits for answers for long.
    private static final NbdLimits LIMITS = new NbdLimits(16, Duration.ofSeconds(30), Duration.ofMillis(500));

    private final DriverDesk desk;
    private final ReplicaFolder folder;
    private final VolumeWork work;
    private final HostName self;
    private final ReplicaLooks looks;
    private final Closings closings;
    private final CountedBoots counted;
    private final Map<VolumeId, ReplicaServer> offered = new TreeMap<>();
    private Optional<QemuDisks> disks = Optional.empty();

    /// Of the last QEMU: how many threads it left behind in calls of the volumes.
    private CompletableFuture<Integer> leftBehind = CompletableFuture.completedFuture(0);

    private final DiskSync sync;

    /// How many guests were booted here.
    private final AtomicInteger begun = new AtomicInteger();

    /// The other host's replicas are done without, because another host is to take its place.
    private volatile boolean isLettingGo;

    private volatile Map<VolumeId, Served> served = Map.of();
    private volatile Optional<VmRecord> known = Optional.empty();
    private volatile List<VolumeReport> reports = List.of();

    /// A volume that is served here.
    private record Served(ServedVolume volume, ViewLedger ledger, VolumeObserver observer) {
        void learn(View view) {
            ledger.learn(view).ifPresent(volume::tell);
            if (ledger.isToLetGo()) {
                volume.peerReplaced();
            }
        }
    }

    VolumeHost(DriverDesk desk, VolumeWork work) {
        this(
                desk,
                new ReplicaFolder(
                        desk.services().config().volumes(),
                        desk.services().config().cluster(),
                        desk.spec(),
                        desk.services().self().host(),
                        desk.services().boot(),
                        desk.services().files()),
                work);
    }

    VolumeHost(DriverDesk desk, ReplicaFolder folder, VolumeWork work) {
        this.desk = desk;
        this.work = work;
        this.self = desk.services().self().host();
        this.folder = folder;
        this.looks = new ReplicaLooks(desk, folder, self, this::found);
        this.sync = new DiskSync(desk::post, desk::now, DEADLINE);
        this.closings = new Closings(desk.spec().name().value());
        Path counts = desk.services().config().run().resolve("counted");
        this.counted = new CountedBoots(
                counts.resolve(desk.spec().id().toString()), desk.services().boot());
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    /// Obeys a view, before anything else that it allows.
    void learnt(VmRecord record) {
        known = Optional.of(record);
        View view = record.view();
        if (view.placement().activeReplica().equals(Optional.of(desk.services().self()))) {
            if (served.isEmpty()) {
                withdraw();
                serve(record, Map.of());
            }
            served.values().forEach(it -> it.learn(view));
        } else {
            endServing();
        }
        looks.learnt(record);
    }

    /// A guest is about to be booted.
    void guestBegins() {
        begun.incrementAndGet();
        forgotten();
    }

    /// The only replica in sync, the other host's, may lack what a guest was told. One that was booted since knows
    /// nothing of it.
    private void wentBack(VolumeSpec disk) {
        int known = begun.get();
        desk.post(() -> {
            if (begun.get() == known) {
                desk.event(
                        "disk-went-back",
                        Severity.ERROR,
                        disk.name() + ": the other host, which alone had all of it, was started anew; what was not"
                                + " flushed may be lost, and the VM starts anew");
                desk.step(new ViewInput.DiskWentBack(disk.id()));
            }
            forgotten();
        });
    }

    /// No guest is left that was told anything of its disks.
    private void forgotten() {
        served.values().forEach(it -> it.volume.forgotten());
    }

    /// While they are served here the mirror knows better what becomes of them.
    private void found(List<VolumeId> good) {
        if (served.isEmpty()) {
            desk.step(new ViewInput.ReplicasFound(good));
        }
    }

    // ---- the active -----------------------------------------------------------------------------------------------

    /// @param earlier of mirrors that served the same in this life
    private void serve(VmRecord record, Map<VolumeId, MirrorWishes> earlier) {
        Optional<HostName> peer = record.spec().otherThan(self);
        Map<VolumeId, Served> now = new TreeMap<>();
        for (VolumeSpec disk : record.spec().disks()) {
            View view = record.view();
            UUID boot = desk.services().boot();
            MirrorWishes wishes = Optional.ofNullable(earlier.get(disk.id()))
                    .orElseGet(() -> MirrorWishes.at(disk.id(), view))
                    .learnt(view);
            ViewLedger ledger = new ViewLedger(self, wishes, boot, counted, desk);
            ServedVolume.Options options = new ServedVolume.Options(
                    desk.spec().name() + "/" + disk.name(),
                    disk.id().value(),
                    view.volume(disk.id())
                            .flatMap(it -> it.on(self))
                            .orElseThrow()
                            .id(),
                    disk.size().bytes(),
                    boot,
                    true,
                    DEADLINE,
                    RETRY,
                    PATIENCE);
            VolumeObserver observer = new VolumeObserver(desk, disk, () -> wentBack(disk));
            ServedVolume volume = new ServedVolume(
                    options, () -> openToServe(disk), peer.map(_ -> () -> dial(disk.id())), ledger, observer);
            now.put(disk.id(), new Served(volume, ledger, observer));
            work.apply(disk.id(), volume);
        }
        served = Map.copyOf(now);
        now.values().forEach(it -> it.volume.start());
    }

    /// From a thread that may wait. By the view that is known then: it may have ceased to count on the replica.
    private ReplicaStore open(VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        if (!closings.await(disk.id(), DEADLINE)) {
            LOG.warn(
                    "{}/{}: an earlier role has not given the replica back",
                    desk.spec().name(),
                    disk.name());
        }
        return folder.open(known.orElseThrow().view(), disk);
    }

    /// What its dirty map counts for a replica that the view does not name says nothing any more: that one went its own
    /// way, perhaps under views of the same numbers.
    private ReplicaStore openToServe(VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        ReplicaStore store = open(disk);
        View view = known.orElseThrow().view();
        boolean isNamed = store.standing()
                .tracking()
                .filter(it -> view.volume(disk.id()).orElseThrow().replicas().stream()
                        .noneMatch(replica -> replica.id().equals(it.peer())))
                .isEmpty();
        if (!isNamed) {
            try {
                store.trackForNobody();
            } catch (DiskFailedException e) {
                store.close();
                throw e;
            }
        }
        return store;
    }

    private VolumeWire dial(VolumeId volume) throws IOException {
        if (isLettingGo) {
            throw new IOException("another host is to take the place of the other one");
        }
        HostName host = known.flatMap(it -> it.spec().otherThan(self)).orElseThrow();
        Connection connection = desk.services().link().connect(host, AgentServices.VOLUMES, DIAL);
        try {
            new VolumeWire.Preface(desk.spec().id(), volume).send(connection);
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        return new VolumeWire(connection);
    }

    /// Does without the other host's replicas, or not any more. To be told again and again: a way to them may have been
    /// half made when it began.
    void letGoOfPeer(boolean is) {
        isLettingGo = is;
        if (is && (isComing() || served.values().stream().anyMatch(it -> it.volume.isProtected()))) {
            peerLost();
        }
    }

    /// The VM's other host is silent. From any thread; returns at once.
    void peerLost() {
        Map<VolumeId, Served> now = served;
        if (!now.isEmpty()) {
            Thread.ofVirtual()
                    .name("peer-lost-" + desk.spec().name())
                    .start(() -> now.values().forEach(it -> it.volume.peerLost()));
        }
    }

    /// A volume that is served here now, for what may be asked of it from any thread.
    Optional<ServedVolume> serving(VolumeId volume) {
        return Optional.ofNullable(served.get(volume)).map(Served::volume);
    }

    /// Listens for a QEMU, in its own directory.
    ///
    /// @param early where it may be waiting already
    /// @throws IOException also while requests of an earlier QEMU are in the volumes (design, section 3.1, rule
    ///     11): one that they held back must not reach the disk of a guest that has begun anew
    void listen(InstanceDirectory directory, Optional<NbdSocket> early) throws IOException {
        if (desk.spec().disks().isEmpty()) {
            return;
        }
        endListening();
        if (!leftBehind.isDone()) {
            throw new IOException("the last requests of an earlier QEMU are not through yet");
        }
        if (leftBehind.join() > 0) {
            serve(known.orElseThrow(), endServing());
            leftBehind = CompletableFuture.completedFuture(0);
        }
        Files.createDirectories(directory.path());
        NbdSocket socket = early.isPresent() ? early.get() : NbdSocket.listen(directory.disks());
        EpochDisks epochs = epochDisks(directory);
        epochs.serve(volumes());
        disks = Optional.of(listen(socket, epochs));
    }

    /// At every level, because that may change while the guest runs.
    private EpochDisks epochDisks(InstanceDirectory directory) {
        return new EpochDisks(desk.spec().name().value(), desk.spec().disks(), directory);
    }

    private QemuDisks listen(NbdSocket socket, EpochDisks epochs) throws IOException {
        return QemuDisks.listen(
                socket,
                desk.spec().name().value(),
                desk.spec().disks(),
                epochs,
                desk.services().leases().of(desk.spec().id()),
                LIMITS);
    }

    private List<Volume> volumes() throws IOException {
        List<Volume> volumes = new ArrayList<>();
        for (VolumeSpec disk : desk.spec().disks()) {
            Served it = served.get(disk.id());
            if (it == null) {
                throw new IOException(disk.name() + " is not served here");
            }
            volumes.add(it.volume.volume());
        }
        return volumes;
    }

    /// Begins to make durable what the disks of the guest that was booted or taken up hold. It is served meanwhile.
    ///
    /// @param news told when one of them is
    void sync(Runnable news) {
        sync.begin(served.keySet(), (volume, done) -> serving(volume).ifPresent(it -> it.sync(done)), news);
    }

    /// Whether they are, or nobody can read those that are not.
    boolean isSynced() {
        return sync.isDone(
                volume -> serving(volume).filter(ServedVolume::isWaiting).isPresent());
    }

    /// Whether requests to a disk that is served here wait for a replica or a view.
    boolean isWaiting() {
        return served.values().stream().anyMatch(it -> it.volume.isWaiting());
    }

    /// Listens for a QEMU that waits for its guest, whose disks are another host's until it takes over.
    ///
    /// @return empty if the VM has no disks
    Optional<QemuDisks> listenAsStandby(InstanceDirectory directory) throws IOException {
        if (desk.spec().disks().isEmpty()) {
            return Optional.empty();
        }
        Files.createDirectories(directory.path());
        return Optional.of(listen(NbdSocket.listen(directory.disks()), epochDisks(directory)));
    }

    /// The guest of that QEMU goes on here: its disks are those that are served here, and what is kept for them.
    void takeOver(QemuDisks waiting) throws IOException {
        endListening();
        waiting.epochs().takeOver(volumes());
        disks = Optional.of(waiting);
    }

    /// What keeps the guest's writes aside while it is copied; empty if no QEMU is listened for.
    Optional<EpochDisks> epochs() {
        return disks.map(QemuDisks::epochs);
    }

    /// Returns at once: requests may be under way that no disk answers.
    void endListening() {
        disks.ifPresent(ending -> leftBehind = ending.end());
        disks = Optional.empty();
    }

    /// @return for mirrors that serve the same again in this life
    private Map<VolumeId, MirrorWishes> endServing() {
        endListening();
        Map<VolumeId, MirrorWishes> handed = new TreeMap<>();
        served.forEach((volume, it) -> handed.put(volume, it.ledger.close()));
        CompletableFuture<Integer> quiet = leftBehind;
        served.forEach((volume, it) -> closings.begin(volume, () -> {
            quiet.join();
            it.volume.close();
        }));
        served = Map.of();
        sync.end();
        reports = List.of();
        return handed;
    }

    /// Whether a replica is getting what it lacks.
    boolean isComing() {
        return served.values().stream().anyMatch(it -> it.volume.resync().isPresent());
    }

    /// For the other hosts; now and then.
    void tick() {
        looks.tick();
        List<VolumeReport> now = new ArrayList<>();
        for (VolumeSpec disk : desk.spec().disks()) {
            Optional<Scrub> scrub = work.lastScrub(disk.id());
            Optional.ofNullable(served.get(disk.id()))
                    .map(it -> report(disk.id(), it, scrub))
                    .or(() -> scrub.map(
                            _ -> new VolumeReport(disk.id(), false, "", Optional.empty(), Optional.empty(), scrub)))
                    .ifPresent(now::add);
        }
        reports = now;
    }

    private VolumeReport report(VolumeId volume, Served it, Optional<Scrub> scrub) {
        Resync resync = work.resync(volume, it.volume);
        Optional<Double> progress = resync.to().map(_ -> {
            double whole =
                    Math.max(1, resync.left().bytes() + (double) resync.copied().bytes());
            return resync.copied().bytes() / whole;
        });
        String reason = it.volume.isProtected() ? "" : it.observer.last();
        return new VolumeReport(volume, it.volume.isWaiting(), reason, progress, Optional.of(resync), scrub);
    }

    /// From any thread.
    List<VolumeReport> reports() {
        return reports;
    }

    /// Of this host's own replicas. From any thread.
    List<ReplicaReport> replicas() {
        return looks.reports();
    }

    // ---- the other host -------------------------------------------------------------------------------------------

    /// A mirror comes to use the replica here, on a thread of its own until it leaves.
    void accept(Connection connection, VolumeId volume) {
        Optional<ReplicaServer> replica = replicaServer(connection, volume);
        if (replica.isPresent()) {
            replica.get().serve(new VolumeWire(connection));
        } else {
            connection.close();
        }
    }

    private synchronized Optional<ReplicaServer> replicaServer(Connection connection, VolumeId volume) {
        Optional<VmRecord> record = known.filter(it -> it.view().isActive(connection.peer()));
        Optional<VolumeSpec> disk = record.flatMap(it -> it.spec().disk(volume));
        if (disk.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(offered.computeIfAbsent(volume, _ -> newServer(disk.get())));
    }

    private ReplicaServer newServer(VolumeSpec disk) {
        return new ReplicaServer(
                desk.spec().name() + "/" + disk.name(),
                (volume, sizeBytes) -> openFor(volume, sizeBytes, disk),
                desk.services().boot());
    }

    private ReplicaStore openFor(UUID volume, long sizeBytes, VolumeSpec disk)
            throws StoreRefusedException, DiskFailedException {
        VmRecord now = known.orElseThrow();
        // The disk may have grown since it was offered first.
        Optional<VolumeSpec> wanted = now.spec()
                .disk(disk.id())
                .filter(it -> it.id().value().equals(volume) && it.size().bytes() == sizeBytes);
        if (wanted.isEmpty()) {
            throw new StoreRefusedException(
                    "volume " + volume + " of " + sizeBytes + " bytes is not " + disk.name() + " of "
                            + now.spec().name(),
                    "wait until the ledger has caught up");
        }
        return open(wanted.get());
    }

    /// The replicas are wanted here.
    private synchronized void withdraw() {
        offered.forEach((volume, it) -> closings.begin(volume, it::close));
        offered.clear();
    }

    // ---- questions ------------------------------------------------------------------------------------------------

    /// Whether the replica here could become so large; on a thread that may wait for the disk.
    ///
    /// @throws Problem.Refused if it could not
    void checkGrowth(VolumeId volume, ByteSize size) {
        desk.spec().disk(volume).ifPresent(disk -> VolumeGrowth.check(folder.file(disk), size, self));
    }

    /// Opens the replica of a VM that nobody runs, to read it; the mirror that used it is done with it. On a thread
    /// that may wait for the disk.
    ReplicaStore openStopped(VmRecord record, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        withdraw();
        if (!closings.await(disk.id(), DEADLINE)) {
            throw new StoreRefusedException("an earlier role has not given the replica back", "Try again.");
        }
        return folder.openToRead(record.view(), disk);
    }

    // ---- ends -----------------------------------------------------------------------------------------------------

    /// The VM is no more: removes its replicas, as soon as nobody uses them.
    void remove() {
        close();
        counted.forget();
        Thread.ofPlatform().daemon().name("remover-" + desk.spec().name()).start(() -> {
            desk.spec().disks().forEach(disk -> closings.await(disk.id(), REMOVAL));
            try {
                folder.remove();
                work.forget();
            } catch (IOException e) {
                desk.event(
                        "volume-failed",
                        Severity.ERROR,
                        "the replicas of " + desk.spec().name() + " cannot be removed: " + DriverDesk.reason(e));
            }
        });
    }

    /// The QEMU that is here waits for the next life's.
    void close() {
        looks.end();
        endServing();
        withdraw();
    }
}
