package understudy.benchmarks.server;

import java.nio.file.Path;
import java.util.List;

/// A disk that clients reach over NBD, and the processes behind it.
///
/// @param export    the disk's name there; the empty one is the server's only or usual disk
/// @param processes all that work for it, whoever answers the clients first
/// @param images    the files that hold its bytes
public record NbdTarget(Path socket, String export, List<ServerProcess> processes, List<Path> images) {
    public NbdTarget {
        processes = List.copyOf(processes);
        images = List.copyOf(images);
    }

    /// As NBD clients take it.
    public String uri() {
        return "nbd+unix:///" + export + "?socket=" + socket;
    }

    /// Of all processes.
    public ProcessUse use() {
        return ProcessUse.sum(processes.stream().map(ServerProcess::use).toList());
    }
}
