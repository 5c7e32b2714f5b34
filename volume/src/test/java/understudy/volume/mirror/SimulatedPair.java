package understudy.volume.mirror;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import understudy.volume.store.BadBlocks;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// A pair of hosts in one process: the real engine on disks and a wire in memory, which fail when they are told
/// to.
final class SimulatedPair implements AutoCloseable {
    /// Two extents; the last block is not whole.
    static final int SIZE = (6 << 20) + 512;

    private static final int META = Math.toIntExact(ReplicaStore.metadataBytes(SIZE));
    private static final Duration RETRY = Duration.ofMillis(20);

    private final UUID volume = UUID.randomUUID();
    private final Threads threads;
    private final Chance chance;
    private final Duration deadline;
    final Side here;
    final Side there;
    final MemoryLedger ledger = new MemoryLedger();
    final List<String> heard = new ArrayList<>();
    private Consumer<String> listener = _ -> {};
    private UnaryOperator<MirrorWire> wireFilter = UnaryOperator.identity();
    private Optional<Life> life = Optional.empty();
    private Optional<ReplicaServer> server = Optional.empty();
    private Optional<MemoryWire> wire = Optional.empty();

    /// With real threads. They have much time to answer, since the machine may be busy with something else.
    SimulatedPair() {
        this(new MachineThreads(), Chance.NONE, Duration.ofSeconds(3));
    }

    SimulatedPair(Threads threads, Chance chance, Duration deadline) {
        this.threads = threads;
        this.chance = chance;
        this.deadline = deadline;
        here = new Side();
        there = new Side();
    }

    /// A host's disk, and who has it open.
    final class Side {
        final Medium data = new Medium(SIZE, chance);
        final Medium meta = new Medium(META, chance);
        private UUID replica = UUID.randomUUID();
        private UUID boot = UUID.randomUUID();
        private volatile boolean isMade;
        private volatile List<Medium.Handle> open = List.of();
        private volatile Optional<ReplicaStore> store = Optional.empty();

        /// What nobody may read, as the process says that has it open, or had it last.
        BadBlocks bad() {
            return store.map(ReplicaStore::bad).orElse(BadBlocks.NONE);
        }

        ReplicaStore openStore() throws StoreRefusedException, DiskFailedException {
            if (!open.stream().allMatch(Medium.Handle::isReleased)) {
                throw new StoreRefusedException("it is still in use", "wait");
            }
            Medium.Handle dataNow = data.open();
            Medium.Handle metaNow = meta.open();
            open = List.of(dataNow, metaNow);
            try {
                ReplicaStore opened =
                        isMade ? ReplicaStore.open(dataNow, metaNow, Expected.ANYTHING) : make(dataNow, metaNow);
                store = Optional.of(opened);
                return opened;
            } catch (StoreRefusedException | DiskFailedException e) {
                dataNow.close();
                metaNow.close();
                throw e;
            }
        }

        /// As files are made: they have their names only when they are whole.
        private ReplicaStore make(Medium.Handle dataNow, Medium.Handle metaNow)
                throws StoreRefusedException, DiskFailedException {
            data.empty(SIZE);
            meta.empty(META);
            ReplicaStore store =
                    ReplicaStore.create(dataNow, metaNow, new Identity(volume, replica, SIZE, Instant.now()));
            isMade = true;
            return store;
        }

        void cut() {
            open.forEach(Medium.Handle::cut);
            open = List.of();
        }

        void fail(Medium.Fault fault, int calls) {
            data.fail(fault, calls);
        }

        void mend() {
            data.mend();
            meta.mend();
        }

        void losePower(RandomGenerator random) {
            data.losePower(random);
            meta.losePower(random);
            boot = UUID.randomUUID();
        }

        /// An empty disk is put in.
        void replace() {
            data.replace();
            meta.replace();
            isMade = false;
            replica = UUID.randomUUID();
        }

        boolean isMade() {
            return isMade;
        }

        UUID replica() {
            return replica;
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

    /// One run of the serving process. When it is killed, nothing that its threads still do has an effect.
    private final class Life implements VolumeLedger, MirrorObserver {
        final ServedVolume served;
        final TestClient client;
        private volatile boolean isOver;

        Life() {
            ServedVolume.Options options = new ServedVolume.Options(
                    "here", volume, here.replica, SIZE, here.boot, true, deadline, RETRY, Duration.ofSeconds(5));
            served = new ServedVolume(options, this::openStore, Optional.of(this::dial), this, this, threads);
            client = new TestClient(served.volume(), threads);
        }

        private ReplicaStore openStore() throws StoreRefusedException, DiskFailedException {
            if (isOver) {
                throw new DiskFailedException(5, "this process is dead");
            }
            return here.openStore();
        }

        private MirrorWire dial() throws IOException {
            chance.pause(1_000_000);
            if (isOver) {
                throw new IOException("this process is dead");
            }
            return connect();
        }

        @Override
        public Optional<VolumeView> read() throws IOException {
            chance.pause(20_000_000);
            Optional<VolumeView> view = alive().read();
            chance.pause(20_000_000);
            return view;
        }

        @Override
        public VolumeView propose(VolumeView wanted) throws IOException {
            chance.pause(20_000_000);
            VolumeView view = alive().propose(wanted);
            chance.pause(20_000_000);
            return view;
        }

        private MemoryLedger alive() throws IOException {
            if (isOver) {
                throw new IOException("this process is dead");
            }
            return ledger;
        }

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
            if (!isOver) {
                hear(what);
            }
        }

        @Override
        public void wentBack(ServedVolume volume) {
            volume.forgotten();
        }

        void kill() {
            isOver = true;
            client.abandon();
            here.cut();
            cutWire();
            // What is left of it ends in its own time.
            threads.start("undertaker", served::kill);
        }
    }

    void hear(String what) {
        synchronized (heard) {
            heard.add(what);
        }
        listener.accept(what);
    }

    /// Hears what the serving side reports, from its threads.
    void listen(Consumer<String> newListener) {
        listener = newListener;
    }

    void filterWire(UnaryOperator<MirrorWire> filter) {
        wireFilter = filter;
    }

    void startReplica() {
        server = Optional.of(new ReplicaServer("there", (_, _) -> there.openStore(), there.boot, threads));
    }

    void startServing() {
        Life begun = new Life();
        life = Optional.of(begun);
        begun.served.start();
    }

    private MirrorWire connect() throws IOException {
        ReplicaServer now = server.orElseThrow(() -> new IOException("connection refused"));
        MemoryWire[] ends = MemoryWire.pair(chance);
        wire = Optional.of(ends[0]);
        threads.start("there", () -> now.serve(ends[1]));
        return wireFilter.apply(ends[0]);
    }

    void cutWire() {
        wire.ifPresent(MemoryWire::close);
    }

    void silenceWire() {
        wire.ifPresent(MemoryWire::silence);
    }

    /// SIGKILL of the replica's process.
    void killReplica() {
        there.cut();
        wire.ifPresent(MemoryWire::close);
        server = Optional.empty();
    }

    /// SIGKILL of the serving process. What its clients wait for is never answered.
    void killServing() {
        life.orElseThrow().kill();
        life = Optional.empty();
    }

    boolean isProtected() {
        return life.filter(now -> now.served.isProtected()).isPresent();
    }

    boolean isReplicaRunning() {
        return server.isPresent();
    }

    ServedVolume served() {
        return life.orElseThrow().served;
    }

    boolean isServing() {
        return life.isPresent();
    }

    TestClient client() {
        return life.orElseThrow().client;
    }

    /// Ends both in good order.
    @Override
    public void close() throws IOException {
        if (life.isPresent()) {
            life.get().client.close();
            life.get().served.close();
            life = Optional.empty();
        }
        if (server.isPresent()) {
            server.get().close();
            server = Optional.empty();
        }
    }

    String story() {
        synchronized (heard) {
            return String.join("\n", heard);
        }
    }
}
