package understudy.volume.epoch;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import understudy.volume.Volume;

/// A guest with two disks on two hosts, copied by checkpoints, until a moment at which something ends: the power of
/// both hosts, the active, or the copying; and then perhaps the power. Whatever is left then must be what the guest
/// and the world may find.
final class CrashSimulation {
    private static final int DISKS = 2;
    private static final int CELLS = 40;
    private static final int SIZE = CELLS * GuestHistory.CELL_BYTES;
    private static final List<Long> SIZES = List.of((long) SIZE, (long) SIZE);
    private static final int ACTIVE = 0;
    private static final int STANDBY = 1;

    private final long seed;
    private final Random random;
    private final Rules rules;
    private final GuestHistory history = new GuestHistory(DISKS, CELLS);
    private final List<List<CachedMedium>> media = new ArrayList<>();
    private final Map<Long, Mark> marks = new HashMap<>();

    /// What the guest had done when an epoch ended.
    private record Mark(long writes, int flushed) {}

    CrashSimulation(long seed, Rules rules) {
        this.seed = seed;
        this.rules = rules;
        random = new Random(seed);
        for (int host = 0; host < 2; host++) {
            media.add(List.of(new CachedMedium(SIZE), new CachedMedium(SIZE)));
        }
    }

    private DiskEpochs disks(String name) {
        return new DiskEpochs(name, SIZES, rules, Bounds.USUAL);
    }

    private SlowVolume volume(int disk, boolean isMirrored) {
        CachedMedium own = media.get(STANDBY).get(disk);
        CachedMedium[] under =
                isMirrored ? new CachedMedium[] {media.get(ACTIVE).get(disk), own} : new CachedMedium[] {own};
        return new SlowVolume(SIZE, seed + disk, under);
    }

    void run() {
        List<SlowVolume> volumes =
                IntStream.range(0, DISKS).mapToObj(disk -> volume(disk, true)).toList();
        try (DiskEpochs active = disks("active")) {
            List<GuestDisk> guest = guest(active);
            active.serve(List.<Volume>copyOf(volumes));
            for (int i = random.nextInt(6); i > 0; i--) {
                change(guest, true);
            }
            Link link = new Link(active, SIZES, 1 + random.nextInt(4));
            active.begin(link);
            mark(0);
            copy(active, guest, link);
            switch (random.nextInt(3)) {
                case 0 -> losePower(active, volumes, link);
                case 1 -> loseActive(active, volumes, link);
                default -> drain(active, volumes, link);
            }
        } finally {
            volumes.forEach(SlowVolume::close);
        }
    }

    private static List<GuestDisk> guest(DiskEpochs disks) {
        return IntStream.range(0, DISKS)
                .mapToObj(disk -> new GuestDisk(disks.disk(disk)))
                .toList();
    }

    private void mark(long epoch) {
        marks.put(epoch, new Mark(history.number(), history.flushed()));
    }

    private Mark marked(long epoch) {
        return marks.getOrDefault(epoch, marks.getOrDefault(0L, new Mark(0, 0)));
    }

    private void copy(DiskEpochs active, List<GuestDisk> guest, Link link) {
        long epoch = 0;
        for (int i = random.nextInt(120); i > 0; i--) {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> change(guest, false);
                case 3 -> {
                    epoch++;
                    active.letThrough();
                    Sealed sealed = active.seal(epoch);
                    mark(epoch);
                    link.send(sealed);
                }
                case 4, 5, 6, 7 -> link.pump(random);
                default -> LockSupport.parkNanos(random.nextInt(50_000));
            }
        }
    }

    private void change(List<GuestDisk> guest, boolean isDirect) {
        int index = random.nextInt(DISKS);
        GuestDisk disk = guest.get(index);
        if (random.nextInt(3) == 0) {
            flush(isDirect ? guest : List.of(disk));
            return;
        }
        int from = random.nextInt(CELLS);
        int to = Math.min(CELLS, from + 1 + random.nextInt(random.nextInt(5) == 0 ? CELLS : 4));
        boolean durable = !isDirect && random.nextInt(4) == 0;
        long offset = (long) from * GuestHistory.CELL_BYTES;
        int length = (to - from) * GuestHistory.CELL_BYTES;
        int kind = random.nextInt(5);
        long value = history.write(index, from, to, kind < 2);
        int request = switch (kind) {
            case 0 -> disk.zero(offset, length, random.nextBoolean(), durable);
            case 1 -> disk.trim(offset, length, durable);
            default -> disk.write(offset, cells(value, length), durable);
        };
        disk.end();
        disk.await(request);
        if (durable) {
            history.flush();
        }
    }

    /// While it is copied, a flush of one disk is one of all.
    private void flush(List<GuestDisk> disks) {
        for (GuestDisk disk : disks) {
            int request = disk.flush();
            disk.end();
            disk.await(request);
        }
        history.flush();
    }

    private static byte[] cells(long value, int length) {
        ByteBuffer cells = ByteBuffer.allocate(length);
        while (cells.hasRemaining()) {
            cells.putLong(value);
        }
        return cells.array();
    }

    private List<byte[]> afterPowerLoss(int host) {
        return media.get(host).stream()
                .map(medium -> medium.afterPowerLoss(random))
                .toList();
    }

    private List<byte[]> now(int host) {
        return media.get(host).stream().map(medium -> medium.read(0, SIZE)).toList();
    }

    private void losePower(DiskEpochs active, List<SlowVolume> volumes, Link link) {
        int whole = marked(Math.max(active.durable(), link.durable())).flushed();
        volumes.forEach(SlowVolume::cut);
        active.close();
        long limit = marked(link.committed()).writes();
        for (int host : new int[] {ACTIVE, STANDBY}) {
            history.checkPrefix("power of both hosts, host " + host, afterPowerLoss(host), limit, whole);
        }
    }

    private void loseActive(DiskEpochs active, List<SlowVolume> volumes, Link link) {
        int whole = marked(Math.max(active.durable(), link.durable())).flushed();
        volumes.forEach(SlowVolume::cut);
        active.close();
        long limit = marked(link.committed()).writes();
        CountDownLatch drained = new CountDownLatch(1);
        List<SlowVolume> own =
                IntStream.range(0, DISKS).mapToObj(disk -> volume(disk, false)).toList();
        try (DiskEpochs standby = disks("standby")) {
            List<GuestDisk> guest = guest(standby);
            standby.takeOver(List.<Volume>copyOf(own), link.standby().take(), drained::countDown);
            if (random.nextBoolean()) {
                history.checkWhole("read at a takeover", read(guest), limit);
            }
            if (random.nextBoolean()) {
                LockSupport.parkNanos(random.nextInt(300_000));
                boolean isDrained = drained.getCount() == 0;
                own.forEach(SlowVolume::cut);
                List<byte[]> left = afterPowerLoss(STANDBY);
                if (isDrained) {
                    history.checkWhole("power after a takeover", left, limit);
                } else {
                    history.checkPrefix("power in a takeover", left, limit, whole);
                }
                return;
            }
            GuestDisk.awaitTrue("not drained", () -> drained.getCount() == 0);
            history.checkWhole("drained after a takeover", now(STANDBY), limit);
            history.checkWhole("read after a takeover", read(guest), limit);
            history.checkWhole("power after a takeover", afterPowerLoss(STANDBY), limit);
        } finally {
            own.forEach(SlowVolume::close);
        }
    }

    private static List<byte[]> read(List<GuestDisk> guest) {
        return guest.stream().map(disk -> disk.readNow(0, SIZE)).toList();
    }

    private void drain(DiskEpochs active, List<SlowVolume> volumes, Link link) {
        int whole = marked(Math.max(active.durable(), link.durable())).flushed();
        CountDownLatch drained = new CountDownLatch(1);
        active.drain(drained::countDown);
        if (random.nextBoolean()) {
            LockSupport.parkNanos(random.nextInt(300_000));
        } else {
            GuestDisk.awaitTrue("not drained", () -> drained.getCount() == 0);
        }
        boolean isDrained = drained.getCount() == 0;
        volumes.forEach(SlowVolume::cut);
        for (int host : new int[] {ACTIVE, STANDBY}) {
            List<byte[]> left = afterPowerLoss(host);
            if (isDrained) {
                history.checkWhole("power after the drain, host " + host, left, history.number());
            } else {
                history.checkPrefix("power in a drain, host " + host, left, history.number(), whole);
            }
        }
    }
}
