package understudy.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.model.VmId;

/// Replicas of VMs that were deleted while this host was away.
///
/// A folder of replicas names the cluster that it belongs to, in a file of its own. One that names another, or
/// none, is left alone: a disk may come from elsewhere, and nothing is deleted because nobody here knows it.
final class ForgottenReplicas {
    private static final Logger LOG = LoggerFactory.getLogger(ForgottenReplicas.class);
    private static final String MARK = "cluster";

    private ForgottenReplicas() {}

    /// Says in a VM's folder to which cluster it belongs.
    static void mark(Path folder, UUID cluster) throws IOException {
        Path mark = folder.resolve(MARK);
        if (!Files.exists(mark)) {
            Files.writeString(mark, cluster.toString());
        }
    }

    /// Removes the replicas of VMs that no longer exist. Waits for disks.
    ///
    /// @param exists whether the cluster has a VM of this id, asked after its folder was seen
    /// @return whose replicas were removed
    static List<VmId> remove(Path volumes, UUID cluster, Predicate<VmId> exists) {
        List<VmId> removed = new ArrayList<>();
        if (!Files.isDirectory(volumes)) {
            return removed;
        }
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(volumes, Files::isDirectory)) {
            for (Path folder : folders) {
                Optional<VmId> vm = id(folder).filter(it -> belongsTo(folder, cluster) && !exists.test(it));
                if (vm.isPresent()) {
                    delete(folder);
                    removed.add(vm.get());
                }
            }
        } catch (IOException e) {
            LOG.warn("replicas of VMs that are gone cannot be removed from {}: {}", volumes, e.toString());
        }
        return removed;
    }

    private static Optional<VmId> id(Path folder) {
        try {
            return Optional.of(VmId.parse(String.valueOf(folder.getFileName())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean belongsTo(Path folder, UUID cluster) {
        try {
            return Files.readString(folder.resolve(MARK)).strip().equals(cluster.toString());
        } catch (IOException e) {
            return false;
        }
    }

    /// The mark last: what is left by a crash is found again.
    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(it -> !it.endsWith(MARK)).toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder.resolve(MARK));
        Files.delete(folder);
    }
}
