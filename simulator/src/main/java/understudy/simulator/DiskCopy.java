package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import understudy.model.HostName;

/// A copy of a whole volume onto a replica that missed something. The target gets all that is written
/// meanwhile, in the same order; a block that is written while it is on its way is looked at again.
final class DiskCopy {
    private final Cluster cluster;
    private final Mirror mirror;
    private final HostName target;
    private final UUID id;
    private final boolean here;
    private final Deque<Integer> left = new ArrayDeque<>();
    private final Set<Integer> touched = new TreeSet<>();

    /// @param here whether the target is this host's replica; else that is the source
    DiskCopy(Cluster cluster, Mirror mirror, HostName target, UUID id, boolean here) {
        this.cluster = cluster;
        this.mirror = mirror;
        this.target = target;
        this.id = id;
        this.here = here;
        boolean whole = cluster.options().mutation() != Mutation.JOIN_BEFORE_WHOLE;
        for (int block = 0; block < (whole ? DiskReplica.BLOCKS : 2); block++) {
            left.add(block);
        }
    }

    /// The very replica that it makes whole: another in its place begins anew.
    UUID id() {
        return id;
    }

    HostName target() {
        return target;
    }

    void touched(int block) {
        touched.add(block);
    }

    void start() {
        mirror.driver().later(cluster.dice().millis(1, 15), this::next);
    }

    private void next() {
        if (!mirror.isCopying(this)) {
            return;
        }
        if (left.isEmpty()) {
            finish();
            return;
        }
        int block = left.removeFirst();
        touched.remove(block);
        if (here) {
            mirror.way().read(block, content -> put(block, content));
        } else {
            mirror.replica().ifPresent(source -> mirror.way().put(block, source.read(block), this::start));
        }
    }

    private void put(int block, long content) {
        if (!mirror.works()) {
            mirror.giveUp(this);
        } else if (mirror.isCopying(this)) {
            if (touched.contains(block)) {
                left.addLast(block);
            } else {
                mirror.replica().orElseThrow().write(block, content);
            }
            start();
        }
    }

    /// What was answered before the promise is on its way to the target: a flush behind it proves that it
    /// arrived.
    private void finish() {
        if (here && !mirror.works()) {
            mirror.giveUp(this);
            return;
        }
        if (cluster.options().mutation() != Mutation.JOIN_WITHOUT_TIGHTENING) {
            mirror.promise(target);
        }
        if (here) {
            mirror.replica().ifPresent(DiskReplica::flush);
            mirror.caughtUp(target);
        } else {
            mirror.way().flush(() -> {
                if (mirror.isCopying(this)) {
                    mirror.caughtUp(target);
                }
            });
        }
    }
}
