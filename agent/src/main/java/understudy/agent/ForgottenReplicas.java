package understudy.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.DurableFile;
import understudy.model.VmId;
import understudy.protocol.LedgerState;

/// Replicas that nobody needs any more: of VMs that were deleted while this host was away, and of VMs in which another
/// host has taken this one's place. The latter are kept until that one has all: old as they are, they are all that
/// there is beside the active's.
///
/// A folder of replicas names the cluster that it belongs to, in a file of its own. One that names another, or
/// none, is left alone: a disk may come from elsewhere, and nothing is deleted because nobody here knows it.
final class ForgottenReplicas {
    private static final Logger LOG = LoggerFactory.getLogger(ForgottenReplicas.class);
    private static final String MARK = "cluster";

    private final AgentConfig config;
    private final Predicate<VmId> isInUse;
    private volatile Optional<LedgerState> newest = Optional.empty();
    private Set<VmId> idle = Set.of();

    /// @param isInUse whether this host does anything for a VM
    ForgottenReplicas(AgentConfig config, Predicate<VmId> isInUse) {
        this.config = config;
        this.isInUse = isInUse;
    }

    /// What the ledger says now. From any thread.
    void learnt(LedgerState state) {
        newest = Optional.of(state);
    }

    private boolean isIdle(VmId vm) {
        boolean isNeeded = newest.orElseThrow()
                .vm(vm)
                .filter(it ->
                        it.spec().hosts().contains(config.name()) || !it.view().isWhole())
                .isPresent();
        return !isNeeded && !isInUse.test(vm);
    }

    /// Removes what nobody has needed at the last look either: who used it until then has let go of it meanwhile. From
    /// one thread, which may wait for the disk.
    void look() {
        if (newest.isEmpty()) {
            return;
        }
        Set<VmId> before = idle;
        Set<VmId> now = new HashSet<>();
        // A VM that was created since has a driver before it has a folder. What is needed may change at any time.
        List<VmId> removed = remove(config.volumes(), config.cluster(), vm -> {
            boolean isIdle = isIdle(vm);
            if (isIdle) {
                now.add(vm);
            }
            return !isIdle || !before.contains(vm);
        });
        idle = now;
        removed.forEach(vm -> LOG.info("{}: removed what was left of VM {}", config.name(), vm));
    }

    /// Says in a VM's folder to which cluster it belongs, for good: an earlier mark may have lost what it said with the
    /// power.
    static void mark(Path folder, UUID cluster) throws IOException {
        Path mark = folder.resolve(MARK);
        if (!Files.exists(mark) || Files.size(mark) == 0) {
            DurableFile.write(mark, cluster.toString().getBytes(UTF_8));
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
                if (vm.isPresent() && isDeleted(folder)) {
                    removed.add(vm.get());
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("it cannot be seen whose replicas are in {}: {}", volumes, e.toString());
        }
        return removed;
    }

    private static boolean isDeleted(Path folder) {
        try {
            delete(folder);
            return true;
        } catch (IOException e) {
            LOG.info("{}, which nobody needs, cannot be removed: {}", folder, e.toString());
            return false;
        }
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
