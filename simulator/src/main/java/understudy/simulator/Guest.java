package understudy.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import understudy.model.VolumeId;
import understudy.simulator.Branch.Point;

/// A QEMU with its guest: a process of its own, which outlives its agent. Its frames go to the agent, if one
/// listens.
final class Guest {
    private final Cluster cluster;
    private final Branch branch;
    private final boolean busy;
    private long position;
    private boolean alive = true;
    private boolean unnoticed = true;
    private boolean running;
    private boolean paused;
    private Optional<Consumer<Point>> listener = Optional.empty();
    private final Map<VolumeId, DiskWork> disks = new TreeMap<>();

    Guest(Cluster cluster, Branch branch, boolean busy) {
        this.cluster = cluster;
        this.branch = branch;
        this.busy = busy;
        this.position = branch.fork().map(Point::position).orElse(0L);
    }

    /// All that the guest has done so far.
    Point now() {
        return branch.at(position);
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
        volumes.forEach(volume -> disks.computeIfAbsent(volume, _ -> new DiskWork(cluster, this)));
        return disks;
    }

    void listen(Consumer<Point> agent) {
        listener = Optional.of(agent);
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

    void die() {
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
