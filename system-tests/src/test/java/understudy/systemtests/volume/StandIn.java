package understudy.systemtests.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import understudy.benchmarks.server.NbdTarget;
import understudy.benchmarks.server.ServerProcess;
import understudy.benchmarks.server.Servers;
import understudy.benchmarks.server.StockServers;
import understudy.model.ByteSize;

/// Somebody else's disk, to try the trial itself: one copy, one process.
final class StandIn implements Subject {

    /// How it is started, and started again.
    interface Start {
        NbdTarget start(StockServers stock) throws IOException;
    }

    private final StockServers stock;
    private final Start start;
    private final long sizeBytes;
    private NbdTarget disk;

    StandIn(Servers servers, ByteSize size, Start start) throws IOException {
        this.stock = new StockServers(servers, size);
        this.start = start;
        this.sizeBytes = size.bytes();
        this.disk = start.start(stock);
    }

    @Override
    public List<Part> parts() {
        return List.of(Part.SERVING);
    }

    @Override
    public Path socket() {
        return disk.socket();
    }

    @Override
    public String export() {
        return disk.export();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void kill(List<Part> parts) {
        disk.processes().forEach(ServerProcess::kill);
    }

    @Override
    public void restart(List<Part> parts) throws IOException {
        Files.deleteIfExists(disk.socket());
        disk = start.start(stock);
    }

    @Override
    public void awaitInSync() {}

    @Override
    public List<Path> imagesInSync() {
        return disk.images();
    }

    @Override
    public void stop() {
        disk.processes().forEach(ServerProcess::stop);
    }
}
