package understudy.simulator;

import java.util.Optional;
import java.util.TreeMap;
import understudy.model.VolumeSpec;

/// What the disks of a guest hold becomes durable before anything of that guest leaves: others wrote it, and it may lie
/// in caches. The guest reads and writes meanwhile.
final class DiskSync {
    private final Cluster cluster;
    private final VmDriver driver;
    private int flushesOpen;
    private Optional<Runnable> afterwards = Optional.empty();

    /// What was begun before it went up is nobody's any more.
    private int run;

    DiskSync(Cluster cluster, VmDriver driver) {
        this.cluster = cluster;
        this.driver = driver;
    }

    /// A guest begins here, or was taken up.
    void begin() {
        clear();
        if (cluster.options().mutation() == Mutation.BOOT_WITHOUT_SYNC) {
            return;
        }
        int of = run;
        for (VolumeSpec disk : driver.spec().disks()) {
            flushesOpen++;
            driver.mirror(disk.id())
                    .submit(DiskRequest.flush(
                            new TreeMap<>(), cluster.schedule().nowNanos(), _ -> {
                                if (of == run && --flushesOpen == 0) {
                                    done();
                                }
                            }));
        }
    }

    private void done() {
        Optional<Runnable> next = afterwards;
        afterwards = Optional.empty();
        next.ifPresent(Runnable::run);
    }

    boolean isUnderWay() {
        return flushesOpen > 0;
    }

    /// Of what is asked for, only the last is done.
    void whenDone(Runnable then) {
        if (isUnderWay()) {
            afterwards = Optional.of(then);
        } else {
            then.run();
        }
    }

    /// The guest is gone.
    void clear() {
        run++;
        flushesOpen = 0;
        afterwards = Optional.empty();
    }
}
