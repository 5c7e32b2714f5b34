package understudy.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.linux.DurableFile;
import understudy.model.VmId;
import understudy.model.VmRecord;
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
    private final Executor disks;
    private Optional<Set<VmId>> kept = Optional.empty();

    /// @param isInUse whether this host does anything for a VM
    /// @param disks   may wait for disks
    ForgottenReplicas(AgentConfig config, Predicate<VmId> isInUse, Executor disks) {
        this.config = config;
        this.isInUse = isInUse;
        this.disks = disks;
    }

    /// What the ledger says now; the first time all that is there is looked at. What is deleted later is removed by who
    /// uses it. By one thread at a time, which does not
    /// wait for disks.
    void learnt(LedgerState state) {
        Set<VmId> now = state.vms().values().stream()
                .filter(this::isToBeKept)
                .map(vm -> vm.spec().id())
                .collect(Collectors.toUnmodifiableSet());
        boolean isAnyFree = kept.map(before -> before.stream()
                        .anyMatch(vm -> !now.contains(vm) && state.vms().containsKey(vm)))
                .orElse(true);
        kept = Optional.of(now);
        if (isAnyFree && !config.isWitness()) {
            disks.execute(() -> remove(now));
        }
    }

    private boolean isToBeKept(VmRecord vm) {
        return vm.spec().hosts().contains(config.name()) || !vm.view().isWhole();
    }

    private void remove(Set<VmId> needed) {
        // A VM that was created since has a driver before it has a folder.
        for (VmId vm : remove(config.volumes(), config.cluster(), id -> needed.contains(id) || isInUse.test(id))) {
            LOG.info("{}: removed what was left of VM {}, of which this is no host any more", config.name(), vm);
        }
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
