package understudy.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.qemu.InstanceDirectory;
import understudy.volume.nbd.NbdSocket;

/// The sockets on which guests of an earlier life of the agent dial their disks, there from the first moment of
/// this one, long before it is known which guests go on and may be answered.
///
/// A QEMU whose disks are gone dials again and again, and waits longer each time that nobody is there: up to 16 s. One
/// that is let in waits only for the answer.
///
/// Threads: any.
final class EarlyDisks {
    private static final Logger LOG = LoggerFactory.getLogger(EarlyDisks.class);

    private final Map<Path, NbdSocket> sockets = new ConcurrentHashMap<>();

    private EarlyDisks() {}

    /// @param instances the folder of all VMs' folders; it need not be there
    static EarlyDisks listen(Path instances) throws IOException {
        EarlyDisks early = new EarlyDisks();
        if (Files.isDirectory(instances)) {
            try (Stream<Path> all = Files.walk(instances, 2)) {
                List<Path> folders = all.filter(
                                it -> instances.relativize(it).getNameCount() == 2 && Files.isDirectory(it))
                        .toList();
                folders.forEach(early::listenIn);
            }
        }
        return early;
    }

    private void listenIn(Path folder) {
        Path socket = new InstanceDirectory(folder).disks();
        if (!Files.exists(socket)) {
            return;
        }
        try {
            sockets.put(folder, NbdSocket.listen(socket));
        } catch (IOException e) {
            LOG.warn("disks of a guest cannot be dialled yet: {}", DriverDesk.reason(e));
        }
    }

    /// Hands over the socket of a QEMU, once.
    Optional<NbdSocket> take(InstanceDirectory directory) {
        return Optional.ofNullable(sockets.remove(directory.path()));
    }
}
