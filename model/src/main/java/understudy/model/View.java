package understudy.model;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The ledger's numbered record of who runs a VM, and of which replicas of its volumes are in sync. Views only go
/// up: the next one has the next number, and is accepted only where the ledger still has the number before it.
///
/// @param number   1 for the first
/// @param volumes  one for each of the VM's disks, in their order
/// @param proposal names this proposal, so that its author recognises it as the one that was accepted
public record View(long number, Placement placement, List<VolumeView> volumes, UUID proposal) {
    public View {
        volumes = List.copyOf(volumes);
        if (number < 1) {
            throw new IllegalArgumentException("view " + number);
        }
    }

    /// A view of a VM without disks.
    public View(long number, Placement placement, UUID proposal) {
        this(number, placement, List.of(), proposal);
    }

    public Optional<VolumeView> volume(VolumeId id) {
        return volumes.stream().filter(it -> it.volume().equals(id)).findFirst();
    }

    /// Whether a host has all volumes.
    public boolean isInSync(HostName host) {
        return volumes.stream().allMatch(it -> it.isInSync(host));
    }

    /// Whether every host has all volumes.
    public boolean isWhole() {
        return volumes.stream().allMatch(VolumeView::isWhole);
    }

    /// Which of these hosts may become active, in their order: those that have all volumes; if there is none,
    /// all of them, since each volume can be reached through a host that has it.
    public List<HostName> starters(List<HostName> hosts) {
        Predicate<HostName> hasAll = this::isInSync;
        List<HostName> able = hosts.stream().filter(hasAll).toList();
        return able.isEmpty() ? hosts : able;
    }

    /// Which hosts may go on with a VM that another one runs, by booting it from its disks: at levels `restart`
    /// and `component` those that have all volumes in sync. While there is one, who runs the VM needs a lease.
    public List<HostName> takers(VmSpec spec) {
        if (spec.level() == Level.SYSTEM || !(placement instanceof Placement.Solo(Replica active))) {
            return List.of();
        }
        return spec.hosts().stream()
                .filter(host -> !host.equals(active.host()) && isInSync(host))
                .toList();
    }

    public View next(Placement next, List<VolumeView> changed, UUID nextProposal) {
        return new View(number + 1, next, changed, nextProposal);
    }

    public boolean isActive(HostName host) {
        return placement.activeReplica().map(Replica::host).filter(host::equals).isPresent();
    }

    public boolean isStandby(HostName host) {
        return placement
                .standbyReplica()
                .map(Replica::host)
                .filter(host::equals)
                .isPresent();
    }

    @Override
    public String toString() {
        String disks = volumes.stream()
                .filter(it -> !it.isWhole())
                .map(it -> ", a disk only " + it)
                .collect(Collectors.joining());
        return "view " + number + " (" + placement + disks + ")";
    }
}
