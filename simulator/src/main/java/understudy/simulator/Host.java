package understudy.simulator;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VolumeId;

/// A node that runs VMs: the QEMU processes, which only a power loss ends together, and the agent that drives
/// them.
final class Host extends Node {
    /// The longest that a message travels between two hosts that are joined.
    private static final long NEWS_TAKES = 200 * Schedule.MILLISECOND;

    private final Cluster cluster;
    private final Map<VmId, Guest> guests = new TreeMap<>();
    private final Map<VmId, Image> images = new TreeMap<>();
    private final Map<VmId, Long> imageLostAt = new TreeMap<>();
    private final Map<VolumeId, DiskReplica> disks = new TreeMap<>();
    private final Set<VolumeId> broken = new TreeSet<>();
    private final Words words = new Words();
    private final Map<UUID, Long> countedIn = new HashMap<>();
    private double clockRate;

    /// What its clock said when it began to run at this rate, and when that was.
    private long clockBase;

    private long clockSince;
    private Optional<Agent> agent = Optional.empty();
    private long handicappedAt;

    /// @param clockRate how fast its clock runs: seconds of it in a second
    Host(HostName name, Cluster cluster, Schedule schedule, double clockRate) {
        super(name, schedule);
        this.cluster = cluster;
        this.clockRate = clockRate;
    }

    /// What this host's clock says.
    Moment now() {
        long passed = schedule().nowNanos() - clockSince;
        return new Moment(clockBase + (clockRate == 1 ? passed : (long) (passed * clockRate)));
    }

    /// Its clock runs at another rate from here on; it does not jump.
    void clockRate(double next) {
        clockBase = now().nanos();
        clockSince = schedule().nowNanos();
        clockRate = next;
    }

    /// What lies beside its guests, and is gone with its power: in which start of its host each replica was counted on.
    Map<UUID, Long> countedIn() {
        return countedIn;
    }

    /// What lies on its system disk, which does not fail.
    Words words() {
        return words;
    }

    /// Whether it goes on with a VM by its own word, which a view allows.
    boolean isAlone(VmId vm, View view) {
        boolean allows = view.soloGrant() || view.placement() instanceof Placement.Solo;
        return allows && view.isActive(name()) && words.of(vm).isPresent();
    }

    Optional<Agent> agent() {
        return agent;
    }

    /// The guest's process, if there is one.
    Optional<Guest> guest(VmId vm) {
        return Optional.ofNullable(guests.get(vm)).filter(Guest::isAlive);
    }

    /// Whether the agent has the guest, for all it knows.
    boolean thinksItHasGuest(VmId vm) {
        return Optional.ofNullable(guests.get(vm)).filter(Guest::isThoughtAlive).isPresent();
    }

    void put(VmId vm, Guest guest) {
        guest(vm)
                .filter(_ -> cluster.options().mutation() != Mutation.LEAVE_OLD_QEMU)
                .ifPresent(old -> old.end("another begins"));
        guests.put(vm, guest);
    }

    Optional<Image> image(VmId vm) {
        return Optional.ofNullable(images.get(vm));
    }

    void put(VmId vm, Image image) {
        images.put(vm, image);
    }

    void dropImage(VmId vm) {
        if (images.remove(vm) != null) {
            imageLostAt.put(vm, schedule().nowNanos());
        }
    }

    private void dropImages() {
        List.copyOf(images.keySet()).forEach(this::dropImage);
    }

    /// Whether an image was lost here so recently that the active may not have been told.
    boolean justLostImage(VmId vm) {
        return Optional.ofNullable(imageLostAt.get(vm))
                .filter(at -> schedule().nowNanos() - at < NEWS_TAKES)
                .isPresent();
    }

    /// The replica that is there, of whatever id.
    Optional<DiskReplica> disk(VolumeId volume) {
        return Optional.ofNullable(disks.get(volume));
    }

    /// Whether there is a disk that works, with a replica on it or not.
    boolean hasWorkingDisk(VolumeId volume) {
        return !broken.contains(volume);
    }

    /// Whether that is as fast as it should be, too.
    boolean hasSoundDisk(VolumeId volume) {
        return hasWorkingDisk(volume)
                && disk(volume).filter(it -> !it.isSound()).isEmpty();
    }

    void put(VolumeId volume, DiskReplica replica) {
        disks.put(volume, replica);
    }

    void remove(VolumeId volume) {
        disks.remove(volume);
        broken.remove(volume);
    }

    /// The disk of a replica returns errors from now on.
    void breakDisk(VolumeId volume) {
        broken.add(volume);
        disk(volume).ifPresent(it -> it.failing(true));
    }

    /// @param replaced whether by an empty one
    void repairDisk(VolumeId volume, boolean replaced) {
        broken.remove(volume);
        if (replaced) {
            disk(volume).ifPresent(it -> it.failing(true));
            disks.remove(volume);
        } else {
            disk(volume).ifPresent(it -> {
                it.failing(false);
                if (!it.isSound()) {
                    it.recover(schedule(), cluster.dice().millis(0, 300));
                }
            });
        }
    }

    /// When this host could last not have had something decided, or was not there.
    long handicappedAt() {
        return handicappedAt;
    }

    void handicapped(long nowNanos) {
        handicappedAt = nowNanos;
    }

    @Override
    void startAgent(Life next) {
        super.startAgent(next);
        guests.values().removeIf(guest -> !guest.isAlive());
        Agent started = new Agent(cluster, this, next);
        agent = Optional.of(started);
        started.start();
    }

    @Override
    void killAgent() {
        agent.ifPresent(Agent::died);
        agent = Optional.empty();
        super.killAgent();
        guests.values().forEach(Guest::abandon);
        if (cluster.options().mutation() == Mutation.END_GUESTS_WITH_AGENT) {
            guests.values().forEach(guest -> guest.end("its agent died"));
        }
        dropImages();
    }

    /// Its operating system ends all processes, and writes out its caches.
    void endAll() {
        killAgent();
        guests.values().forEach(guest -> guest.die("its host shuts down"));
        guests.clear();
        disks.values().stream()
                .filter(disk -> disk.works(schedule().nowNanos()) && disk.isIdle())
                .forEach(DiskReplica::flush);
    }

    @Override
    void powerOff() {
        agent.ifPresent(Agent::vanished);
        agent = Optional.empty();
        super.powerOff();
        dropImages();
        words.startAnew();
        countedIn.clear();
        guests.values().forEach(guest -> guest.die("its host lost its power"));
        guests.clear();
        disks.values().forEach(it -> it.losePower(cluster.dice(), schedule().nowNanos()));
    }
}
