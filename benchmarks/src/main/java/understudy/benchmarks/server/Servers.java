package understudy.benchmarks.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A place where servers run: their sockets, words and files. All of it is gone when this is closed, or when the
/// program ends in another way that leaves it the time (Ctrl-C does).
public final class Servers implements AutoCloseable {
    private static final String PREFIX = "understudy-servers-";

    /// Newest first, as they are ended: what serves goes before what it mirrors to.
    private final Deque<ServerProcess> running = new ArrayDeque<>();

    private final Deque<Path> folders = new ArrayDeque<>();
    private final Path folder;
    private final Thread cleaner = new Thread(this::cleanUp, "servers-end");
    private boolean ended;

    private Servers(Path folder) {
        this.folder = folder;
        folders.push(folder);
    }

    /// Begins with no server.
    public static Servers open() throws IOException {
        Servers servers = new Servers(Files.createTempDirectory(PREFIX));
        Runtime.getRuntime().addShutdownHook(servers.cleaner);
        return servers;
    }

    /// Where sockets are, and what servers say. Its path is short, as those of sockets must be.
    public Path folder() {
        return folder;
    }

    /// Makes a folder for images that goes when this does.
    public synchronized Path newFolderIn(Path parent) throws IOException {
        Files.createDirectories(parent);
        Path made = Files.createTempDirectory(parent, PREFIX);
        folders.push(made);
        return made;
    }

    /// @param name for its words, unique among those that run
    public ServerProcess start(String name, List<String> command) throws IOException {
        return start(name, command, Map.of());
    }

    synchronized ServerProcess start(String name, List<String> command, Map<String, String> environment)
            throws IOException {
        if (ended) {
            throw new IOException("the program is ending");
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        ServerProcess process = ServerProcess.start(folder, name, builder);
        running.removeIf(ServerProcess::isOver);
        running.push(process);
        return process;
    }

    ServerProcess startWithSocket(String name, Path socket, List<String> command) throws IOException {
        return start(name, command).awaitReady(() -> answers(socket));
    }

    ServerProcess startWithPort(String name, int port, List<String> command) throws IOException {
        return start(name, command).awaitReady(() -> answers(port));
    }

    static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /// A TCP port that nobody uses now.
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        cleanUp();
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The program is ending: the hook runs, and finds nothing to do.
        }
    }

    private synchronized void cleanUp() {
        ended = true;
        running.forEach(ServerProcess::stop);
        running.clear();
        folders.forEach(Servers::delete);
        folders.clear();
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
