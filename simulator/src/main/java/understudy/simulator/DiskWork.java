package understudy.simulator;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import understudy.model.VolumeId;

/// What a guest does with one of its disks, for as long as it lives: it reads everything once, then writes,
/// flushes and reads. Its QEMU keeps what is not answered, and asks the next life of the agent for it.
final class DiskWork {
    private static final int OPEN_MAX = 3;
    private static final int FLUSH = -1;

    private final Cluster cluster;
    private final Guest guest;

    /// By block; requests for one block are never open at once.
    private final Map<Integer, DiskRequest> open = new LinkedHashMap<>();

    private final VolumeId volume;
    private DiskMemory memory;
    private boolean begun;
    private Optional<Consumer<DiskRequest>> port = Optional.empty();

    /// @param memory what it knows of the disk already
    DiskWork(Cluster cluster, Guest guest, VolumeId volume, DiskMemory memory) {
        this.cluster = cluster;
        this.guest = guest;
        this.volume = volume;
        this.memory = memory;
    }

    DiskMemory memory() {
        return memory;
    }

    /// Whether it waits for something.
    boolean isWaiting() {
        return !open.isEmpty();
    }

    /// No agent serves it any more: what it asks for waits.
    void detach() {
        port = Optional.empty();
    }

    /// From here on this life of the agent serves the disk.
    void attach(Consumer<DiskRequest> to) {
        boolean first = !begun;
        begun = true;
        port = Optional.of(to);
        open.replaceAll((_, request) -> request.again());
        List.copyOf(open.values()).forEach(to);
        if (first && guest.isBusy()) {
            for (int block = 0; block < DiskReplica.BLOCKS; block++) {
                read(block);
            }
            work();
        }
    }

    private void work() {
        if (!guest.isAlive()) {
            return;
        }
        if (guest.isRunning() && !guest.isPaused() && open.size() < OPEN_MAX) {
            int block = cluster.dice().below(DiskReplica.BLOCKS);
            double what = cluster.dice().millis(0, 1) / (double) Schedule.MILLISECOND;
            if (what < 0.2) {
                flush();
            } else if (what < 0.4) {
                read(block);
            } else {
                write(block);
            }
        }
        cluster.schedule().after(cluster.dice().millis(2, 25), this::work);
    }

    private void read(int block) {
        if (!open.containsKey(block)) {
            submit(block, DiskRequest.read(block, now(), found -> {
                open.remove(block);
                memory.of(block).ifPresentOrElse(known -> recalled(block, known, found), () -> found(block, found));
                memory = memory.read(block, found, now());
            }));
        }
    }

    private void recalled(int block, DiskMemory.Known known, long found) {
        if (guest.isAlive()) {
            cluster.observe(new Observation.BlockRecalled(
                    guest.vm(), volume, guest.host(), guest.began(), block, known, found));
        }
    }

    private void found(int block, long content) {
        if (guest.isAlive()) {
            cluster.observe(new Observation.BlockFound(guest.vm(), volume, guest.next(), block, content));
        }
    }

    private void write(int block) {
        if (!open.containsKey(block)) {
            long content = cluster.nextWrite();
            long since = now();
            submit(block, DiskRequest.write(block, content, since, _ -> {
                open.remove(block);
                memory = memory.written(block, content, since);
            }));
        }
    }

    private void flush() {
        if (!open.containsKey(FLUSH)) {
            submit(FLUSH, DiskRequest.flush(memory.acknowledged(), now(), _ -> open.remove(FLUSH)));
        }
    }

    private void submit(int key, DiskRequest request) {
        open.put(key, request);
        port.ifPresent(to -> to.accept(request));
    }

    private long now() {
        return cluster.schedule().nowNanos();
    }
}
