package understudy.benchmarks.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import understudy.api.Json;
import understudy.model.ByteSize;

/// The servers that a user would take instead, with the options that serve them best: images are sparse files that
/// they are given, and page cache and threads are allowed to all.
///
/// A mirror of stock parts is QEMU's storage daemon, which writes to a file of its own and to a second server over
/// TCP.
public final class StockServers {
    private static final String HOST = "127.0.0.1";
    private static final String LOCAL = "r1";

    private final Servers servers;
    private final ByteSize size;

    /// @param size of every disk
    public StockServers(Servers servers, ByteSize size) {
        this.servers = servers;
        this.size = size;
    }

    /// @param folder where the image is made, if it is not there
    public NbdTarget qemuNbd(String name, Path folder) throws IOException {
        Path image = image(folder, name);
        Path socket = socket(name);
        List<String> command = qemuNbd(image);
        command.addAll(List.of("-k", socket.toString()));
        return new NbdTarget(socket, "", List.of(servers.startWithSocket(name, socket, command)), List.of(image));
    }

    public NbdTarget nbdkit(String name, Path folder) throws IOException {
        Path image = image(folder, name);
        Path socket = socket(name);
        List<String> command = List.of("nbdkit", "-f", "-U", socket.toString(), "file", image.toString());
        return new NbdTarget(socket, "", List.of(servers.startWithSocket(name, socket, command)), List.of(image));
    }

    /// A disk in nbdkit's memory: it forgets all when it dies.
    public NbdTarget forgetful(String name) throws IOException {
        Path socket = socket(name);
        List<String> command = List.of("nbdkit", "-f", "-U", socket.toString(), "memory", Long.toString(size.bytes()));
        return new NbdTarget(socket, "", List.of(servers.startWithSocket(name, socket, command)), List.of());
    }

    /// A file behind a cache that says a write is done before the file has it, and loses that when it dies.
    public NbdTarget caching(String name, Path folder) throws IOException {
        Path image = image(folder, name);
        Path socket = socket(name);
        List<String> command = List.of(
                "nbdkit", "-f", "-U", socket.toString(), "--filter=cache", "file", image.toString(), "cache=unsafe");
        return new NbdTarget(socket, "", List.of(servers.startWithSocket(name, socket, command)), List.of(image));
    }

    /// What holds the second copy of a stock mirror.
    public enum Remote {
        QEMU_NBD,
        NBDKIT
    }

    /// QEMU's quorum of a file and an NBD disk; a write is done when one of them has it, for it knows no other way
    /// to go on without the second.
    public NbdTarget quorum(String name, Path folder, Remote kind) throws IOException {
        int port = Servers.freePort();
        ServerProcess remote = remote(name + "-remote", folder, kind, port);
        List<String> command = daemon(name, folder);
        command.addAll(List.of(
                "--blockdev",
                "driver=nbd,node-name=n2,server.type=inet,server.host=%s,server.port=%d".formatted(HOST, port),
                "--blockdev",
                "driver=quorum,node-name=q,vote-threshold=1,read-pattern=fifo,children.0=" + LOCAL + ",children.1=n2",
                "--export",
                "type=nbd,id=e,node-name=q,name=,writable=on"));
        return mirrored(name, folder, servers.startWithSocket(name, socket(name), command), remote);
    }

    /// QEMU's mirror job, which writes to both before a write is done.
    public NbdTarget mirrorJob(String name, Path folder, Remote kind) throws IOException {
        int port = Servers.freePort();
        ServerProcess remote = remote(name + "-remote", folder, kind, port);
        Path control = socket(name + "-qmp");
        List<String> command = daemon(name, folder);
        command.addAll(List.of(
                "--blockdev",
                "driver=nbd,node-name=n2,server.type=inet,server.host=%s,server.port=%d".formatted(HOST, port),
                "--export", // before the mirror begins, which then slips in between; later ones would go round it
                "type=nbd,id=e,name=,writable=on,node-name=" + LOCAL,
                "--chardev",
                "socket,id=c,path=%s,server=on,wait=off".formatted(control),
                "--monitor",
                "chardev=c"));
        ServerProcess daemon = servers.startWithSocket(name, control, command);
        try (Monitor monitor = Monitor.connect(control)) {
            monitor.execute(
                    "blockdev-mirror",
                    Json.object()
                            .put("job-id", "m")
                            .put("device", LOCAL)
                            .put("target", "n2")
                            .put("sync", "full")
                            .put("copy-mode", "write-blocking"));
            monitor.awaitJobReady("m");
        }
        return mirrored(name, folder, daemon, remote);
    }

    private NbdTarget mirrored(String name, Path folder, ServerProcess daemon, ServerProcess remote) {
        return new NbdTarget(
                socket(name),
                "",
                List.of(daemon, remote),
                List.of(folder.resolve(name + ".raw"), folder.resolve(name + "-remote.raw")));
    }

    private List<String> daemon(String name, Path folder) throws IOException {
        return new ArrayList<>(List.of(
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=f1,aio=threads,filename=" + image(folder, name),
                "--blockdev",
                "driver=raw,node-name=%s,file=f1".formatted(LOCAL),
                "--nbd-server",
                "addr.type=unix,max-connections=0,addr.path=" + socket(name)));
    }

    private ServerProcess remote(String name, Path folder, Remote kind, int port) throws IOException {
        Path image = image(folder, name);
        return switch (kind) {
            case QEMU_NBD -> {
                List<String> command = qemuNbd(image);
                command.addAll(List.of("-b", HOST, "-p", Integer.toString(port)));
                yield servers.startWithPort(name, port, command);
            }
            case NBDKIT ->
                servers.startWithPort(
                        name,
                        port,
                        List.of("nbdkit", "-f", "-i", HOST, "-p", Integer.toString(port), "file", image.toString()));
        };
    }

    private static List<String> qemuNbd(Path image) {
        return new ArrayList<>(List.of(
                "qemu-nbd", "-t", "-f", "raw", "--cache=writeback", "--aio=threads", "-e", "4", image.toString()));
    }

    private Path socket(String name) {
        return servers.folder().resolve(name + ".sock");
    }

    private Path image(Path folder, String name) throws IOException {
        Path image = folder.resolve(name + ".raw");
        try (FileChannel file =
                FileChannel.open(image, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (file.size() < size.bytes()) {
                file.write(ByteBuffer.allocate(1), size.bytes() - 1);
            }
        }
        return image;
    }
}
