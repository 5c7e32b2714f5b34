package understudy.systemtests.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import understudy.benchmarks.server.Engine;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.model.ByteSize;

/// A volume of ours with both its replicas, each in a process of its own.
final class Pair implements Subject {
    private final Engine engine;
    private final Path socket;
    private final Path image;
    private final Path second;
    private final int port = Servers.freePort();
    private final long sizeBytes;
    private ServerProcess replica;
    private ServerProcess serving;

    /// @param folder where both replicas are
    Pair(Servers servers, Path folder, ByteSize size) throws IOException {
        engine = new Engine(servers, size);
        socket = servers.folder().resolve("serving.sock");
        image = folder.resolve("serving.raw");
        second = folder.resolve("replica.raw");
        sizeBytes = size.bytes();
        replica = startReplica();
        serving = startServing();
        awaitInSync();
    }

    private ServerProcess startReplica() throws IOException {
        return engine.replica("replica", second, port);
    }

    private ServerProcess startServing() throws IOException {
        return engine.serve("serving", image, socket, OptionalInt.of(port));
    }

    @Override
    public List<Part> parts() {
        return List.of(Part.SERVING, Part.REPLICA);
    }

    @Override
    public Path socket() {
        return socket;
    }

    @Override
    public String export() {
        return "";
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void kill(List<Part> parts) {
        // Both are dying before one of them is waited for.
        List<ServerProcess> dying = parts.stream()
                .map(part -> part == Part.SERVING ? serving : replica)
                .toList();
        dying.forEach(ServerProcess::beginKill);
        dying.forEach(ServerProcess::kill);
    }

    @Override
    public void restart(List<Part> parts) throws IOException {
        if (parts.contains(Part.REPLICA)) {
            replica = startReplica();
        }
        if (parts.contains(Part.SERVING)) {
            serving = startServing();
        }
    }

    @Override
    public void awaitInSync() throws IOException {
        Engine.awaitInSync(serving, image, 2);
    }

    @Override
    public List<Path> imagesInSync() {
        return Engine.replicasInSync(image) == 2 ? images() : List.of(image);
    }

    /// Both replicas.
    List<Path> images() {
        return List.of(image, second);
    }

    @Override
    public void stop() {
        serving.stop();
        replica.stop();
    }
}
