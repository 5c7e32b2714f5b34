package understudy.agent;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.ViewInput;
import understudy.volume.Geometry;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

/// The volumes of one VM on two hosts in one process, on real files and real connections. It plays the ledger and
/// the view machines: whatever they are told of replicas becomes a view, which both hosts learn.
final class VolumePair implements AutoCloseable {
    static final HostName H1 = new HostName("h1");
    static final HostName H2 = new HostName("h2");
    static final VolumeSpec DISK =
            new VolumeSpec(new VolumeId(new UUID(1, 1)), "disk0", ByteSize.ofMebibytes(8), Optional.empty());
    static final VmSpec SPEC = new VmSpec(
            new VmId(new UUID(1, 2)),
            new VmName("test"),
            Level.COMPONENT,
            Policy.BALANCED,
            ByteSize.ofMebibytes(64),
            1,
            "pc-q35-7.2",
            "qemu64",
            List.of(),
            List.of(DISK),
            Optional.empty(),
            List.of(H1, H2));
    static final UUID CLUSTER = new UUID(9, 9);
    private static final long PATIENCE_SECONDS = 30;

    private final Path folder;
    private final Links links = new Links();
    private final Map<HostName, Host> hosts = new TreeMap<>();
    private View view = new View(1, new Placement.Stopped(), NewVolumes.of(SPEC), new UUID(6, 1));

    /// What one host has.
    final class Host {
        final Link link;
        private final Messenger messenger;
        private final FileStore files;
        final Path disk;
        volatile TestDesk desk;
        volatile VolumeHost volumes;
        volatile VolumeWork work;
        UUID boot = UUID.randomUUID();
        volatile Optional<VmReport> peersReport = Optional.empty();

        Host(HostName name) throws IOException {
            link = links.add(name.value());
            messenger = new Messenger(link, new Deaf());
            files = new FileStore(folder.resolve(name.value()).resolve("files"), link);
            disk = folder.resolve(name.value()).resolve("disk");
            link.serve(AgentServices.VOLUMES, connection -> {
                VolumeWire.Preface preface = VolumeWire.Preface.receive(connection);
                if (desk.isClosed()) {
                    connection.close();
                    return;
                }
                VolumeHost now = volumes;
                Thread serving = Thread.ofPlatform().daemon().start(() -> now.accept(connection, preface.volume()));
                serving.join();
            });
            start(name);
        }

        /// A new life of its agent.
        void start(HostName name) throws IOException {
            desk = new TestDesk(
                    SPEC,
                    link,
                    messenger,
                    files,
                    folder.resolve(name.value()),
                    boot,
                    (_, _) -> peersReport,
                    input -> told(input));
            ReplicaFolder replicas = new ReplicaFolder(disk, CLUSTER, SPEC, name, boot, files, _ -> true);
            work = new VolumeWork(desk, folder.resolve(name.value()).resolve("scrubs"));
            volumes = new VolumeHost(desk, replicas, work);
        }

        void end() {
            if (!desk.isClosed()) {
                desk.run(volumes::close);
                desk.close();
            }
        }

        Replica self() {
            return desk.services().self();
        }

        /// The replica's file.
        Path file() {
            return disk.resolve(SPEC.id().toString()).resolve(DISK.name());
        }
    }

    VolumePair(Path folder) throws IOException {
        this.folder = folder;
        for (HostName name : List.of(H1, H2)) {
            hosts.put(name, new Host(name));
        }
    }

    Host host(HostName name) {
        return Optional.ofNullable(hosts.get(name)).orElseThrow();
    }

    synchronized View view() {
        return view;
    }

    // ---- the ledger -------------------------------------------------------------------------------------------------

    /// As the machine does: once nobody runs the VM, nothing that is said of replicas counts.
    private synchronized void told(ViewInput input) {
        if (view.placement() instanceof Placement.Stopped) {
            return;
        }
        VolumeView now = view.volumes().getFirst();
        Optional<VolumeView> next = switch (input) {
            case ViewInput.ReplicaFailed(VolumeId _, HostName host, String _) ->
                Optional.of(now.keeping(other -> !other.equals(host)));
            case ViewInput.ReplicaCaughtUp(VolumeId _, HostName host) -> Optional.of(now.with(host));
            case ViewInput.ReplicaReplaced(VolumeId _, HostName host, UUID id) -> Optional.of(now.replaced(host, id));
            default -> Optional.empty();
        };
        next.ifPresent(volume -> decide(view.placement(), volume));
    }

    /// As the machine of a host that becomes active asks for it: one host's replica counts.
    synchronized void start(HostName active, HostName counts) {
        decide(
                new Placement.Solo(host(active).self()),
                view.volumes().getFirst().keeping(other -> other.equals(counts)));
    }

    /// As the ledger does when an operator forces a start: one host's replica counts, in sync or not, and the other's
    /// is not even named.
    synchronized void force(HostName onto, UUID replica) {
        VolumeView now = view.volumes().getFirst();
        List<VolumeReplica> replicas = now.replicas().stream()
                .map(it -> it.host().equals(onto)
                        ? new VolumeReplica(onto, replica, true)
                        : new VolumeReplica(it.host(), UUID.randomUUID(), false))
                .toList();
        decide(new Placement.Stopped(), new VolumeView(now.volume(), replicas));
    }

    synchronized void stop() {
        decide(new Placement.Stopped(), view.volumes().getFirst());
    }

    private void decide(Placement placement, VolumeView volume) {
        view = view.next(placement, List.of(volume), new UUID(6, view.number() + 1));
        tell();
    }

    /// Both hosts learn the newest view, if they do not know it.
    synchronized void tell() {
        VmRecord record = new VmRecord(SPEC, true, view);
        hosts.values().forEach(host -> {
            VolumeHost volumes = host.volumes;
            host.desk.post(() -> volumes.learnt(record));
        });
    }

    boolean isWhole() {
        return view().isWhole();
    }

    VolumeReplica replica(HostName host) {
        return view().volumes().getFirst().on(host).orElseThrow();
    }

    // ---- a guest ----------------------------------------------------------------------------------------------------

    void write(HostName host, long offset, byte[] data) {
        try (Guest guest = new Guest(volume(host))) {
            guest.write(offset, data);
        }
    }

    byte[] read(HostName host, long offset, int length) {
        try (Guest guest = new Guest(volume(host))) {
            return guest.read(offset, length);
        }
    }

    private Volume volume(HostName host) {
        await().atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> host(host).volumes.serving(DISK.id()).isPresent());
        return host(host).volumes.serving(DISK.id()).orElseThrow().volume();
    }

    /// One request at a time.
    private static final class Guest implements LaneClient, AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final Lane lane;
        private final Map<Integer, CompletableFuture<byte[]>> answers = new ConcurrentHashMap<>();

        Guest(Volume volume) {
            lane = volume.open(this);
        }

        void write(long offset, byte[] data) {
            CompletableFuture<byte[]> answer = expect(1);
            MemorySegment payload =
                    arena.allocate(Geometry.HEADROOM_BYTES + data.length, 8).asSlice(Geometry.HEADROOM_BYTES);
            payload.copyFrom(MemorySegment.ofArray(data));
            lane.write(1, offset, payload, true);
            lane.end();
            await(answer);
        }

        byte[] read(long offset, int length) {
            CompletableFuture<byte[]> answer = expect(2);
            MemorySegment target = arena.allocate(length, 8);
            return lane.read(2, offset, target) ? target.toArray(ValueLayout.JAVA_BYTE) : await(answer);
        }

        private CompletableFuture<byte[]> expect(int request) {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            answers.put(request, answer);
            return answer;
        }

        private CompletableFuture<byte[]> answer(int request) {
            return Optional.ofNullable(answers.get(request)).orElseThrow();
        }

        private static byte[] await(CompletableFuture<byte[]> answer) {
            return answer.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        }

        @Override
        public void done(int request) {
            answer(request).complete(new byte[0]);
        }

        @Override
        public void readDone(int request, MemorySegment data) {
            answer(request).complete(data.toArray(ValueLayout.JAVA_BYTE));
        }

        @Override
        public void failed(int request, Failure failure) {
            answer(request).completeExceptionally(new IOException(failure.toString()));
        }

        @Override
        public void flushReplies() {}

        @Override
        public void threadLost() {
            throw new AssertionError("no disk hangs here");
        }

        @Override
        public void close() {
            lane.close();
        }
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /// An empty disk is put in; nobody uses the old one any more.
    static void replaceDisk(Host host) throws IOException {
        Files.move(host.file().getParent(), host.disk.resolveSibling("taken-out"));
    }

    @Override
    public void close() {
        hosts.values().forEach(Host::end);
        hosts.values().forEach(host -> host.messenger.close());
        links.close();
    }
}
