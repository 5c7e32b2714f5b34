package understudy.volume.mirror;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import understudy.volume.store.DiskFailedException;
import understudy.volume.store.Expected;
import understudy.volume.store.Identity;
import understudy.volume.store.ReplicaStore;
import understudy.volume.store.StoreRefusedException;

/// Two replicas in one process, on real files and a real TCP connection.
final class Pair implements AutoCloseable {
    private final Path home;
    private Path folder;
    private final UUID boot = UUID.randomUUID();
    private final UUID volume = UUID.randomUUID();
    private final Identity here;
    private Optional<ServedVolume> served = Optional.empty();
    private Optional<ReplicaServer> replica = Optional.empty();
    private Optional<ServerSocketChannel> listener = Optional.empty();
    private Optional<TestClient> client = Optional.empty();
    private final List<ReplicaServer> retired = new ArrayList<>();
    private int port;

    Pair(Path folder, long size) {
        this(folder, folder, size);
    }

    /// @param home   where the replica of the serving side is
    /// @param folder where the other one is
    Pair(Path home, Path folder, long size) {
        this.home = home;
        this.folder = folder;
        here = new Identity(volume, UUID.randomUUID(), size, Instant.now());
    }

    void startReplica() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        Path file = folder.resolve("b");
        ReplicaServer server = new ReplicaServer("b", (wanted, size) -> openOrCreate(file, wanted, size), boot);
        listener = Optional.of(channel);
        replica = Optional.of(server);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    SocketChannel connection = channel.accept();
                    Thread.ofPlatform().daemon().start(() -> {
                        try {
                            server.serve(new SocketWire(connection));
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                }
            } catch (ClosedChannelException _) {
                // It was stopped.
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static ReplicaStore openOrCreate(Path file, UUID volume, long size)
            throws StoreRefusedException, DiskFailedException {
        return Files.exists(file)
                ? ReplicaStore.open(file, Expected.size(size))
                : ReplicaStore.create(file, new Identity(volume, UUID.randomUUID(), size, Instant.now()));
    }

    void stopReplica() throws IOException {
        listener.orElseThrow().close();
        replica.orElseThrow().close();
        replica = Optional.empty();
    }

    /// Another host, with nothing, comes in the place of the peer's. That one goes on until the pair is closed.
    void replaceReplica(Path another) throws IOException {
        retired.add(replica.orElseThrow());
        listener.orElseThrow().close();
        port = 0;
        folder = another;
        startReplica();
        served.orElseThrow().peerReplaced();
    }

    void startServing() {
        ServedVolume.Options options = new ServedVolume.Options(
                "a",
                volume,
                here.replica(),
                here.sizeBytes(),
                boot,
                true,
                Duration.ofSeconds(2),
                Duration.ofMillis(50),
                Duration.ofSeconds(2));
        ServedVolume starting = new ServedVolume(
                options,
                () -> Files.exists(ReplicaStore.metadata(home.resolve("a")))
                        ? ReplicaStore.open(home.resolve("a"), Expected.ANYTHING)
                        : ReplicaStore.create(home.resolve("a"), here),
                Optional.of(() -> SocketWire.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Duration.ofSeconds(1))),
                new FileLedger(folder.resolve("a.view")),
                new Printed());
        starting.start();
        served = Optional.of(starting);
        client = Optional.of(new TestClient(starting.volume()));
    }

    boolean isProtected() {
        return served.orElseThrow().isProtected();
    }

    TestClient client() {
        return client.orElseThrow();
    }

    void stopServing() throws DiskFailedException {
        client.orElseThrow().close();
        served.orElseThrow().close();
        served = Optional.empty();
    }

    @Override
    public void close() throws IOException {
        if (served.isPresent()) {
            stopServing();
        }
        if (replica.isPresent()) {
            stopReplica();
        }
        for (ReplicaServer server : retired) {
            server.close();
        }
    }

    private static final class Printed implements MirrorObserver {
        @Override
        public void error(String what) {
            System.out.println("error: " + what);
        }

        @Override
        public void warning(String what) {
            System.out.println("warning: " + what);
        }

        @Override
        public void info(String what) {
            System.out.println("info: " + what);
        }

        @Override
        public void wentBack(ServedVolume volume) {
            System.out.println("went back");
            volume.forgotten();
        }
    }
}
