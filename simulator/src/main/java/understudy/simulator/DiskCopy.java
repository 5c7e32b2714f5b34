package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;

/// A copy of a whole volume onto a replica that missed something. The target gets all that is written
/// meanwhile, in the same order; a block that is written while it is on its way is looked at again.
final class DiskCopy {
    private final Cluster cluster;
    private final MirrorService service;
    private final Mirror mirror;
    private final boolean here;
    private final Deque<Integer> left = new ArrayDeque<>();
    private final Set<Integer> touched = new TreeSet<>();

    /// @param here whether the target is this host's replica; else that is the source
    DiskCopy(Cluster cluster, MirrorService service, boolean here) {
        this.cluster = cluster;
        this.service = service;
        this.mirror = service.mirror();
        this.here = here;
        boolean whole = cluster.options().mutation() != Mutation.JOIN_BEFORE_WHOLE;
        for (int block = 0; block < (whole ? DiskReplica.BLOCKS : 2); block++) {
            left.add(block);
        }
    }

    void touched(int block) {
        touched.add(block);
    }

    void start() {
        mirror.driver().later(cluster.dice().millis(1, 15), this::next);
    }

    private void next() {
        if (!service.isCopying(this)) {
            return;
        }
        if (left.isEmpty()) {
            service.caughtUp(this);
            return;
        }
        int block = left.removeFirst();
        touched.remove(block);
        if (here) {
            service.way().read(block, content -> put(block, content));
        } else {
            mirror.replica()
                    .ifPresent(source -> source.perform(
                            cluster.schedule(), () -> inLife(() -> putThere(block, source.read(block)))));
        }
    }

    private void inLife(Runnable then) {
        Agent agent = mirror.driver().agent();
        agent.host().inLife(agent.life(), then);
    }

    private void putThere(int block, long content) {
        if (!service.isCopying(this)) {
            return;
        }
        if (touched.contains(block)) {
            left.addLast(block);
            start();
        } else {
            service.way().put(block, content, this::start);
        }
    }

    private void put(int block, long content) {
        if (!service.isCopying(this) || !mirror.works()) {
            return;
        }
        if (touched.contains(block)) {
            left.addLast(block);
            start();
            return;
        }
        DiskReplica target = mirror.replica().orElseThrow();
        target.perform(cluster.schedule(), () -> {
            target.write(block, content);
            inLife(this::start);
        });
    }
}
