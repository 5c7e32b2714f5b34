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
/// @param soloGrant whether a standing solo grant holds: the active host may go on alone without asking, so no other
///                 host may go on until the active one has had the grant ended
public record View(long number, Placement placement, List<VolumeView> volumes, UUID proposal, boolean soloGrant) {
    public View {
        volumes = List.copyOf(volumes);
        if (number < 1) {
            throw new IllegalArgumentException("view " + number);
        }
    }

    /// A view without a standing solo grant.
    public View(long number, Placement placement, List<VolumeView> volumes, UUID proposal) {
        this(number, placement, volumes, proposal, false);
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

    /// Which hosts may go on with a VM that another one runs alone, by booting it from its disks: those that have
    /// all volumes in sync, unless a solo grant stands. While there is one, who runs the VM needs a lease. At level
    /// `system` a VM without disks has none.
    public List<HostName> takers(VmSpec spec) {
        return soloGrant ? List.of() : successors(spec);
    }

    /// Which hosts could, if no solo grant stood.
    public List<HostName> successors(VmSpec spec) {
        if (spec.isAllInMemory() || !(placement instanceof Placement.Solo(Replica active))) {
            return List.of();
        }
        return spec.hosts().stream()
                .filter(host -> !host.equals(active.host()) && isInSync(host))
                .toList();
    }

    /// Whether another host could go on with the VM, or could if no solo grant stood. Only then may one be recorded.
    public boolean isPair(VmSpec spec) {
        return placement instanceof Placement.Paired || !successors(spec).isEmpty();
    }

    /// The next one, without a solo grant.
    public View next(Placement next, List<VolumeView> changed, UUID nextProposal) {
        return next(next, changed, nextProposal, false);
    }

    public View next(Placement next, List<VolumeView> changed, UUID nextProposal, boolean granted) {
        return new View(number + 1, next, changed, nextProposal, granted);
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
        return "view " + number + " (" + placement + disks + (soloGrant ? ", solo grant" : "") + ")";
    }
}
