package understudy.volume.mirror;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// A pair of hosts in one process: the real engine on disks and a wire in memory, which fail when they are told
/// to.
final class SimulatedPair implements AutoCloseable {
    static final int SIZE = 12 << 20;
    private static final int META = Math.toIntExact(ReplicaStore.metadataBytes(SIZE));
    private static final Duration DEADLINE = Duration.ofSeconds(3);
    private static final Duration RETRY = Duration.ofMillis(20);

    private final UUID volume = UUID.randomUUID();
    final Side here = new Side();
    final Side there = new Side();
    final MemoryLedger ledger = new MemoryLedger();
    final List<String> heard = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private UnaryOperator<MirrorWire> wireFilter = UnaryOperator.identity();
    private Optional<ServedVolume> served = Optional.empty();
    private Optional<ReplicaServer> server = Optional.empty();
    private Optional<MemoryWire> wire = Optional.empty();
    private Optional<TestClient> client = Optional.empty();

    /// A host's disk, and who has it open.
    final class Side {
        final Medium data = new Medium(SIZE);
        final Medium meta = new Medium(META);
        private UUID replica = UUID.randomUUID();
        private UUID boot = UUID.randomUUID();
        private List<Medium.Handle> open = new ArrayList<>();

        synchronized ReplicaStore openStore() throws StoreRefusedException, DiskFailedException {
            if (!open.stream().allMatch(Medium.Handle::isReleased)) {
                throw new StoreRefusedException("it is still in use", "wait");
            }
            open.clear();
            Medium.Handle dataNow = data.open();
            Medium.Handle metaNow = meta.open();
            open.add(dataNow);
            open.add(metaNow);
            if (meta.isEmpty()) {
                data.resize(SIZE);
                meta.resize(META);
                return ReplicaStore.create(dataNow, metaNow, new Identity(volume, replica, SIZE, Instant.now()));
            }
            return ReplicaStore.open(dataNow, metaNow, Expected.ANYTHING);
        }

        synchronized void cut() {
            open.forEach(Medium.Handle::cut);
            open = new ArrayList<>();
        }

        void fail(Medium.Fault fault, int calls) {
            data.fail(fault, calls);
        }

        void mend() {
            data.mend();
            meta.mend();
        }

        synchronized void losePower(RandomGenerator random) {
            data.losePower(random);
            meta.losePower(random);
            boot = UUID.randomUUID();
        }

        /// An empty disk is put in.
        synchronized void replace() {
            data.replace();
            meta.replace();
            replica = UUID.randomUUID();
        }
    }

    /// What survives everything.
    static final class MemoryLedger implements VolumeLedger {
        private Optional<VolumeView> view = Optional.empty();

        @Override
        public synchronized Optional<VolumeView> read() {
            return view;
        }

        @Override
        public synchronized VolumeView propose(VolumeView wanted) throws IOException {
            if (wanted.number() == view.map(VolumeView::number).orElse(0L) + 1) {
                view = Optional.of(wanted);
            }
            return view.orElseThrow();
        }
    }

    void filterWire(UnaryOperator<MirrorWire> filter) {
        wireFilter = filter;
    }

    synchronized void startReplica() {
        server = Optional.of(new ReplicaServer("there", (_, _) -> there.openStore(), there.boot));
    }

    void startServing() {
        ServedVolume starting = new ServedVolume(
                new ServedVolume.Options(
                        "here", volume, here.replica, SIZE, here.boot, true, DEADLINE, RETRY, Duration.ofSeconds(5)),
                here::openStore,
                Optional.of(this::dial),
                ledger,
                new Heard());
        served = Optional.of(starting);
        client = Optional.of(new TestClient(starting.volume()));
        starting.start();
    }

    private synchronized MirrorWire dial() throws IOException {
        ReplicaServer now = server.orElseThrow(() -> new IOException("connection refused"));
        MemoryWire[] ends = MemoryWire.pair();
        wire = Optional.of(ends[0]);
        Thread.ofPlatform().daemon().name("there").start(() -> now.serve(ends[1]));
        return wireFilter.apply(ends[0]);
    }

    synchronized void cutWire() {
        wire.ifPresent(MemoryWire::close);
    }

    synchronized void silenceWire() {
        wire.ifPresent(MemoryWire::silence);
    }

    /// SIGKILL of the replica's process.
    synchronized void killReplica() {
        there.cut();
        wire.ifPresent(MemoryWire::close);
        server = Optional.empty();
    }

    /// SIGKILL of the serving process. What its clients wait for is never answered.
    void killServing() {
        served.orElseThrow().kill();
        here.cut();
        cutWire();
        served = Optional.empty();
    }

    boolean isProtected() {
        return served.filter(ServedVolume::isProtected).isPresent();
    }

    boolean isReplicaRunning() {
        return server.isPresent();
    }

    ServedVolume served() {
        return served.orElseThrow();
    }

    TestClient client() {
        return client.orElseThrow();
    }

    /// Ends both in good order.
    @Override
    public void close() throws IOException {
        if (served.isPresent()) {
            client.orElseThrow().close();
            served.get().close();
            served = Optional.empty();
        }
        if (server.isPresent()) {
            server.get().close();
            server = Optional.empty();
        }
    }

    MirrorObserver observer() {
        return new Heard();
    }

    List<String> violations() {
        synchronized (heard) {
            return List.copyOf(violations);
        }
    }

    private final class Heard implements MirrorObserver {
        @Override
        public void error(String what) {
            info("ERROR " + what);
        }

        @Override
        public void warning(String what) {
            info("WARNING " + what);
        }

        @Override
        public void info(String what) {
            synchronized (heard) {
                heard.add(what);
                if (what.startsWith("resync of the")) {
                    checkSource(what.contains("local") ? there : here, what.contains("local") ? here : there);
                }
            }
        }
    }

    /// The ledger alone says which way a resync goes (invariants 4 and 5).
    private void checkSource(Side source, Side target) {
        VolumeView view = ledger.read().orElseThrow();
        if (view.member(source.replica).isEmpty() || view.member(target.replica).isPresent()) {
            violations.add("a resync from " + source.replica + " to " + target.replica + " in " + view);
        }
    }

    String story() {
        synchronized (heard) {
            return String.join("\n", heard);
        }
    }
}
