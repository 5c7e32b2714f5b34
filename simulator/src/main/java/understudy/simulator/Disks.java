package understudy.simulator;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import understudy.model.View;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeSpec;
import understudy.protocol.ViewInput;

/// The volumes of one VM in one life of an agent.
final class Disks {
    private final Cluster cluster;
    private final VmDriver driver;
    private final Map<VolumeId, Mirror> mirrors = new TreeMap<>();
    private List<VolumeId> told = List.of();
    private boolean looking;
    private boolean looked;

    Disks(Cluster cluster, VmDriver driver, VmSpec spec) {
        this.cluster = cluster;
        this.driver = driver;
        for (VolumeSpec disk : spec.disks()) {
            mirrors.put(disk.id(), new Mirror(cluster, driver, disk.id()));
        }
    }

    Mirror mirror(VolumeId volume) {
        return java.util.Objects.requireNonNull(mirrors.get(volume));
    }

    void apply(View view) {
        mirrors.values().forEach(mirror -> mirror.apply(view));
        look();
    }

    /// No guest is left that was told anything of them.
    void forgotten() {
        mirrors.values().forEach(Mirror::forgotten);
    }

    void tick() {
        mirrors.values().forEach(Mirror::tick);
        look();
    }

    /// Opens the replicas, which takes its time, and looks at them again from time to time.
    private void look() {
        if (looking || mirrors.isEmpty()) {
            return;
        }
        looking = true;
        driver.later(cluster.dice().millis(5, 100), () -> {
            looking = false;
            List<VolumeId> good = mirrors.values().stream()
                    .filter(Mirror::works)
                    .map(Mirror::volume)
                    .toList();
            // While they are served here the mirrors know better.
            boolean served = mirrors.values().stream().anyMatch(Mirror::isServing);
            if (!served && (!looked || !good.equals(told))) {
                looked = true;
                told = good;
                driver.give(new ViewInput.ReplicasFound(good));
            }
        });
    }

    /// Whether a replica is getting what it lacks.
    boolean isComing() {
        return mirrors.values().stream().anyMatch(Mirror::isCopying);
    }

    /// The VM is no more.
    void remove() {
        mirrors.keySet().forEach(driver.agent().host()::remove);
    }

    /// From here on the guest's requests come here.
    void attach(Guest guest) {
        guest.disks(mirrors.keySet())
                .forEach((volume, work) -> work.attach(request -> driver.aside().submit(volume, request)));
    }

    @Override
    public String toString() {
        return mirrors.values().toString();
    }
}
