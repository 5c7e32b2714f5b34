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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event.Severity;
import understudy.api.Resync;
import understudy.api.Scrub;
import understudy.link.Connection;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Placement.Solo;
import understudy.model.Problem;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.protocol.ViewInput;
import understudy.qemu.InstanceDirectory;
import understudy.volume.Volume;
import understudy.volume.mirror.MirrorObserver;
import understudy.volume.mirror.ReplicaServer;
import understudy.volume.mirror.ServedVolume;
import understudy.volume.nbd.NbdServer;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.ReplicaStore.Presence;
import understudy.volume.store.StoreRefusedException;

/// The disks of one VM on this host. Where the VM is active in this life they are served to its QEMU, and
/// mirrored to the other host; else the other host's mirror may come and use the replicas here.
///
/// A replica is open in one role at a time: the metadata file is locked, and the roles are changed in the order
/// of the views that are learnt.
///
/// Threads: the driver's, save where a method says otherwise. What disks may keep waiting is done by others.
final class VolumeHost {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeHost.class);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration DIAL = Duration.ofSeconds(1);

    private final DriverDesk desk;
    private final ReplicaFolder folder;
    private final VolumeWork work;
    private final HostName self;
    private final Map<VolumeId, Served> served = new TreeMap<>();
    private final Map<VolumeId, ReplicaServer> offered = new TreeMap<>();
    private Optional<NbdServer> server = Optional.empty();
    private boolean isLooked;
    private volatile Optional<VmRecord> known = Optional.empty();
    private volatile List<VolumeReport> reports = List.of();

    /// A volume that is served here.
    private record Served(ServedVolume volume, ViewLedger ledger) {}

    VolumeHost(DriverDesk desk, VolumeWork work) {
        this.desk = desk;
        this.work = work;
        this.self = desk.services().self().host();
        this.folder = new ReplicaFolder(
                desk.services().config().volumes(),
                desk.services().config().cluster(),
                desk.spec(),
                self,
                desk.services().files());
    }

    // ---- views ----------------------------------------------------------------------------------------------------

    /// Obeys a view, before anything else that it allows.
    void learnt(VmRecord record) throws IOException {
        known = Optional.of(record);
        View view = record.view();
        if (view.placement().equals(new Solo(desk.services().self()))) {
            if (served.isEmpty()) {
                withdraw();
                serve(record);
            }
            served.values().forEach(it -> it.ledger.learn(view));
        } else {
            endServing();
        }
        if (!isLooked) {
            isLooked = true;
            Thread.ofPlatform().daemon().name("replicas-" + desk.spec().name()).start(() -> look(record));
        }
    }

    /// On a thread of its own: makes what is to be made, and says what is there.
    private void look(VmRecord record) {
        String trouble = "";
        try {
            folder.makeFirst(record);
        } catch (IOException e) {
            trouble = DriverDesk.reason(e);
        }
        List<VolumeId> good = new ArrayList<>();
        for (VolumeSpec disk : record.spec().disks()) {
            if (ReplicaStore.presence(folder.file(disk)) == Presence.BOTH) {
                good.add(disk.id());
            } else {
                desk.event(
                        "replica-missing",
                        Severity.ERROR,
                        disk.name() + " of " + desk.spec().name() + " has no replica here"
                                + (trouble.isEmpty() ? "" : ": " + trouble));
            }
        }
        desk.post(() -> desk.step(new ViewInput.ReplicasFound(good)));
    }

    // ---- the active -----------------------------------------------------------------------------------------------

    private void serve(VmRecord record) throws IOException {
        UUID boot = boot();
        Optional<HostName> peer = record.spec().otherThan(self);
        for (VolumeSpec disk : record.spec().disks()) {
            View view = record.view();
            ViewLedger ledger = new ViewLedger(disk.id(), self, view, boot, input -> desk.post(() -> desk.step(input)));
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
            ServedVolume volume = new ServedVolume(
                    options,
                    () -> folder.open(view, disk),
                    peer.map(host -> () -> dial(host, disk.id())),
                    ledger,
                    new Observer(disk.name()));
            served.put(disk.id(), new Served(volume, ledger));
            work.apply(disk.id(), volume);
            volume.start();
        }
    }

    private VolumeWire dial(HostName host, VolumeId volume) throws IOException {
        Connection connection = desk.services().link().connect(host, AgentServices.VOLUMES, DIAL);
        try {
            new VolumeWire.Preface(desk.spec().id(), volume).send(connection);
        } catch (IOException e) {
            connection.close();
            throw e;
        }
        return new VolumeWire(connection);
    }

    /// Listens for a QEMU, in its own directory.
    void listen(InstanceDirectory directory) throws IOException {
        if (desk.spec().disks().isEmpty()) {
            return;
        }
        endListening();
        Files.createDirectories(directory.path());
        Map<String, Volume> exports = new TreeMap<>();
        for (VolumeSpec disk : desk.spec().disks()) {
            Served it = served.get(disk.id());
            if (it == null) {
                throw new IOException(disk.name() + " is not served here");
            }
            exports.put(disk.name(), it.volume.volume());
        }
        server = Optional.of(NbdServer.listen(directory.disks(), exports));
    }

    void endListening() {
        server.ifPresent(NbdServer::close);
        server = Optional.empty();
    }

    private void endServing() {
        endListening();
        for (Served it : List.copyOf(served.values())) {
            try {
                it.volume.close();
            } catch (DiskFailedException e) {
                LOG.warn("{}: a replica is not closed cleanly: {}", desk.spec().name(), DriverDesk.reason(e));
            }
        }
        served.clear();
        reports = List.of();
    }

    /// For the other hosts; now and then.
    void tick() {
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
        boolean isWaiting = !it.volume.isProtected() && progress.isEmpty() && !isServing(it);
        return new VolumeReport(volume, isWaiting, "", progress, Optional.of(resync), scrub);
    }

    /// What serves a volume here, if it is served.
    Optional<ServedVolume> served(VolumeId volume) {
        return Optional.ofNullable(served.get(volume)).map(Served::volume);
    }

    private static boolean isServing(Served it) {
        try {
            return it.volume.awaitServing(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// From any thread.
    List<VolumeReport> reports() {
        return reports;
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
                bootOrUnknown());
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
        return folder.openOrReplace(now.view(), wanted.get());
    }

    /// The replicas are wanted here.
    private synchronized void withdraw() {
        for (ReplicaServer it : offered.values()) {
            try {
                it.close();
            } catch (DiskFailedException e) {
                LOG.warn("{}: a replica is not closed cleanly: {}", desk.spec().name(), DriverDesk.reason(e));
            }
        }
        offered.clear();
    }

    // ---- questions ------------------------------------------------------------------------------------------------

    /// Whether the replica here could become so large; on a thread that may wait for the disk.
    ///
    /// @throws Problem.Refused if it could not
    void checkGrowth(VolumeId volume, ByteSize size) {
        desk.spec().disk(volume).ifPresent(disk -> VolumeGrowth.check(folder.file(disk), size, self));
    }

    /// Opens the replica of a VM that nobody runs; the mirror that used it is done with it. On a thread that may
    /// wait for the disk.
    ReplicaStore openStopped(VmRecord record, VolumeSpec disk) throws StoreRefusedException, DiskFailedException {
        withdraw();
        return folder.open(record.view(), disk);
    }

    // ---- ends -----------------------------------------------------------------------------------------------------

    void remove() throws IOException {
        close();
        folder.remove();
        work.forget();
    }

    /// The QEMU that is here waits for the next life's.
    void close() {
        endServing();
        withdraw();
    }

    private static UUID boot() throws IOException {
        return UUID.fromString(Files.readString(BOOT_ID).strip());
    }

    private static UUID bootOrUnknown() {
        try {
            return boot();
        } catch (IOException e) {
            throw new IllegalStateException(BOOT_ID + " cannot be read", e);
        }
    }

    /// Tells people what happens to a volume.
    private final class Observer implements MirrorObserver {
        private final String disk;

        Observer(String disk) {
            this.disk = disk;
        }

        @Override
        public void error(String what) {
            desk.event("volume-failed", Severity.ERROR, disk + ": " + what);
        }

        @Override
        public void warning(String what) {
            desk.event("volume-degraded", Severity.WARNING, disk + ": " + what);
        }

        @Override
        public void info(String what) {
            LOG.info("{}/{}: {}", desk.spec().name(), disk, what);
        }
    }
}
