package understudy.systemtests.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import understudy.benchmarks.server.NbdTarget;

/// A disk on trial, and the processes behind it, which can be killed and started again on what they left.
interface Subject {

    /// Its processes.
    enum Part {
        /// Answers clients.
        SERVING,
        /// Keeps the second copy.
        REPLICA
    }

    /// Those that it has.
    List<Part> parts();

    Path socket();

    String export();

    long sizeBytes();

    /// SIGKILL, to all of these at one moment.
    void kill(List<Part> parts);

    /// Starts again what was killed; clients are answered when this returns.
    void restart(List<Part> parts) throws IOException;

    /// Waits until nothing is missing in any copy.
    void awaitInSync() throws IOException;

    /// While nothing runs: the copies that hold every acknowledged write, by what the disk has on record.
    List<Path> imagesInSync();

    /// Ends all of it in peace.
    void stop();

    /// For programs that take a disk as it is.
    default NbdTarget target() {
        return new NbdTarget(socket(), export(), List.of(), List.of());
    }
}
