package understudy.model;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// One volume's part of a [View]: its replicas, and which of them are in sync.
///
/// @param replicas one for each of the VM's hosts, in the order of the VM's hosts; at least one is in sync
public record VolumeView(VolumeId volume, List<VolumeReplica> replicas) {
    public VolumeView {
        replicas = List.copyOf(replicas);
        if (replicas.stream().noneMatch(VolumeReplica::inSync)) {
            throw new IllegalArgumentException("volume " + volume + ": no replica in sync");
        }
        if (replicas.stream().map(VolumeReplica::host).distinct().count() != replicas.size()
                || replicas.stream().map(VolumeReplica::id).distinct().count() != replicas.size()) {
            throw new IllegalArgumentException("volume " + volume + ": " + replicas + ": a host or id twice");
        }
    }

    public Optional<VolumeReplica> on(HostName host) {
        return replicas.stream().filter(replica -> replica.host().equals(host)).findFirst();
    }

    public boolean isInSync(HostName host) {
        return on(host).filter(VolumeReplica::inSync).isPresent();
    }

    /// Whether every host of the VM has it.
    public boolean isWhole() {
        return replicas.stream().allMatch(VolumeReplica::inSync);
    }

    /// The hosts whose replica is in sync, in the order of the VM's hosts; at least one.
    public List<HostName> inSync() {
        return replicas.stream()
                .filter(VolumeReplica::inSync)
                .map(VolumeReplica::host)
                .toList();
    }

    /// In sync on those of its hosts only that are so now and pass; on all that are so now, if none of them
    /// passes.
    public VolumeView keeping(Predicate<HostName> passes) {
        boolean any = inSync().stream().anyMatch(passes);
        return any ? changed(r -> r.inSync() && passes.test(r.host()) ? r : r.out()) : this;
    }

    /// In sync on this host, too.
    public VolumeView with(HostName host) {
        return changed(r -> r.host().equals(host) ? r.in() : r);
    }

    /// With another, empty replica on a host whose replica is not in sync.
    public VolumeView replaced(HostName host, UUID id) {
        return changed(r -> r.host().equals(host) && !r.inSync() ? new VolumeReplica(host, id, false) : r);
    }

    /// With a replica on another host, which is to make it, in the place of one's.
    public VolumeView moved(HostName from, HostName to, UUID id) {
        return changed(r -> r.host().equals(from) ? VolumeReplica.toBeMade(to, id) : r);
    }

    private VolumeView changed(UnaryOperator<VolumeReplica> change) {
        return new VolumeView(volume, replicas.stream().map(change).toList());
    }

    @Override
    public String toString() {
        return "in sync on " + inSync().stream().map(HostName::value).collect(Collectors.joining(" and "));
    }
}
