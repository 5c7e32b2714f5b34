package understudy.benchmarks.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import understudy.lab.Installation;
import understudy.model.ByteSize;

/// This product's volume engine alone, started as a user starts it: by `understudy volume serve` and `understudy
/// volume replica`.
public final class Engine {
    private static final String HOST = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(5);

    /// Whoever starts servers has built the program already.
    private static final Map<String, String> BUILT = Map.of("UNDERSTUDY_BUILT", "1");

    private final Servers servers;
    private final ByteSize size;

    /// @param size of every volume
    public Engine(Servers servers, ByteSize size) {
        this.servers = servers;
        this.size = size;
    }

    /// A volume without a second replica.
    public NbdTarget unmirrored(String name, Path folder) throws IOException {
        Path image = folder.resolve(name + ".raw");
        Path socket = socket(name);
        return new NbdTarget(socket, "", List.of(serve(name, image, socket, OptionalInt.empty())), List.of(image));
    }

    /// A volume with its second replica in another process, both in sync.
    public NbdTarget mirrored(String name, Path folder) throws IOException {
        int port = Servers.freePort();
        Path image = folder.resolve(name + ".raw");
        Path second = folder.resolve(name + "-remote.raw");
        Path socket = socket(name);
        ServerProcess replica = replica(name + "-remote", second, port);
        ServerProcess serving = serve(name, image, socket, OptionalInt.of(port));
        awaitInSync(serving, image, 2);
        return new NbdTarget(socket, "", List.of(serving, replica), List.of(image, second));
    }

    /// Starts what serves; it answers clients when this returns.
    ///
    /// @param replicaPort where the second replica is, on this machine, if there is to be one
    public ServerProcess serve(String name, Path file, Path socket, OptionalInt replicaPort) throws IOException {
        List<String> command = command("serve", file);
        command.addAll(List.of("--socket", socket.toString()));
        replicaPort.ifPresent(port -> command.addAll(List.of("--mirror", HOST + ":" + port)));
        return started(name, command, "serving ");
    }

    /// Starts what keeps the second replica.
    public ServerProcess replica(String name, Path file, int port) throws IOException {
        List<String> command = command("replica", file);
        command.addAll(List.of("--listen", HOST + ":" + port));
        return started(name, command, "replica ");
    }

    /// @param readiness how the line begins that says that it is ready
    private ServerProcess started(String name, List<String> command, String readiness) throws IOException {
        ServerProcess process = servers.start(name, command, BUILT);
        return process.awaitReady(() -> process.output().stream().anyMatch(line -> line.startsWith(readiness)));
    }

    private List<String> command(String what, Path file) {
        Path home = Optional.ofNullable(
                        Installation.cacheFolder().toAbsolutePath().getParent())
                .orElseThrow();
        return new ArrayList<>(List.of(
                home.resolve("understudy").toString(),
                "volume",
                what,
                "--file",
                file.toString(),
                "--size",
                size.toString()));
    }

    private Path socket(String name) {
        return servers.folder().resolve(name + ".sock");
    }

    /// How many replicas hold every acknowledged write, by the record that lies beside a served file.
    public static int replicasInSync(Path served) {
        try {
            return (int) Files.readString(served.resolveSibling(served.getFileName() + ".view"))
                    .lines()
                    .filter(line -> line.startsWith("in-sync "))
                    .count();
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Waits until so many replicas are in sync.
    ///
    /// @param served the file that `serving` serves
    /// @throws IOException if they do not come to be, or the serving side ends
    public static void awaitInSync(ServerProcess serving, Path served, int replicas) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (replicasInSync(served) != replicas) {
            if (!serving.isAlive() || System.nanoTime() > end) {
                throw new IOException("%d instead of %d replicas are in sync; %s says: %s"
                        .formatted(replicasInSync(served), replicas, serving, serving.lastWords()));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }
}
