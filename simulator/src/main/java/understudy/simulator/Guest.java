package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.VmId;
import understudy.model.VolumeId;
import understudy.simulator.Branch.Point;

/// A QEMU with its guest: a process of its own, which outlives its agent. Its frames go to the agent, if one
/// listens.
final class Guest {
    private final Cluster cluster;
    private final VmId vm;
    private final HostName host;
    private final Branch branch;
    private final long began;
    private final boolean busy;
    private long position;
    private boolean alive = true;
    private boolean unnoticed = true;
    private boolean running;
    private boolean paused;
    private boolean found;
    private Optional<Consumer<Point>> listener = Optional.empty();
    private final Map<VolumeId, DiskWork> disks = new TreeMap<>();
    private final SortedMap<VolumeId, DiskMemory> memory;
    private Optional<Life> keptBy = Optional.empty();

    /// @param memory what it knows of its disks already
    Guest(Cluster cluster, VmId vm, HostName host, Branch branch, SortedMap<VolumeId, DiskMemory> memory) {
        this.memory = memory;
        this.cluster = cluster;
        this.vm = vm;
        this.host = host;
        this.branch = branch;
        this.began = cluster.schedule().nowNanos();
        this.busy = cluster.isBusy(vm);
        this.position = branch.fork().map(Point::position).orElse(0L);
    }

    VmId vm() {
        return vm;
    }

    HostName host() {
        return host;
    }

    /// When this process began.
    long began() {
        return began;
    }

    /// All that the guest has done so far.
    Point now() {
        return branch.at(position);
    }

    /// The first point at which whatever it does now is done.
    Point next() {
        return branch.at(position + 1);
    }

    Branch branch() {
        return branch;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isRunning() {
        return alive && running;
    }

    boolean isPaused() {
        return paused;
    }

    /// Whether it does anything of its own accord.
    boolean isBusy() {
        return busy;
    }

    /// What it does with its disks.
    Map<VolumeId, DiskWork> disks(Set<VolumeId> volumes) {
        volumes.forEach(volume -> disks.computeIfAbsent(
                volume, _ -> new DiskWork(cluster, this, volume, memory.getOrDefault(volume, DiskMemory.none()))));
        return disks;
    }

    /// Whether it waits for one of its disks.
    boolean isWaitingForDisks() {
        return disks.values().stream().anyMatch(DiskWork::isWaiting);
    }

    /// What it knows of its disks.
    SortedMap<VolumeId, DiskMemory> memory() {
        SortedMap<VolumeId, DiskMemory> all = new TreeMap<>();
        disks.forEach((volume, work) -> all.put(volume, work.memory()));
        return all;
    }

    /// Which life of the agent has writes of it that no disk has; empty if none has.
    Optional<Life> keptBy() {
        return keptBy;
    }

    void keptBy(Optional<Life> agent) {
        keptBy = agent;
    }

    void listen(Consumer<Point> agent) {
        found = false;
        listener = Optional.of(agent);
    }

    /// Its agent is gone, and the guest is there to be found by the next one.
    void abandon() {
        found = true;
        listener = Optional.empty();
        disks.values().forEach(DiskWork::detach);
    }

    void run() {
        if (alive && !running) {
            running = true;
            if (busy) {
                work();
            }
        }
    }

    void pause() {
        paused = true;
    }

    void goOn() {
        paused = false;
    }

    /// Somebody ends it who should have a reason.
    void end(String why) {
        if (alive) {
            cluster.observe(new Observation.GuestEnded(vm, host, found, keptBy.isPresent(), why));
        }
        die(why);
    }

    /// It ends by a fault, be it its own or its host's.
    void die(String why) {
        if (alive) {
            cluster.ended(vm, host, why);
        }
        alive = false;
        listener = Optional.empty();
    }

    /// The agent knows that it is dead.
    void noticeDeath() {
        unnoticed = false;
    }

    /// Whether the agent has no reason yet to think that it is dead.
    boolean isThoughtAlive() {
        return alive || unnoticed;
    }

    private void work() {
        if (!alive) {
            return;
        }
        if (!paused) {
            position++;
            if (cluster.dice().chance(0.6)) {
                Point frame = now();
                listener.ifPresent(agent -> agent.accept(frame));
            }
        }
        cluster.schedule().after(cluster.dice().millis(1, 20), this::work);
    }
}
