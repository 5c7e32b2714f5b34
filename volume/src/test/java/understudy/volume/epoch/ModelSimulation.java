package understudy.volume.epoch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import understudy.volume.Volume;

/// A guest with two disks that is copied, drained, taken over and copied again, against arrays of bytes.
final class ModelSimulation {
    private static final int DISKS = 2;
    private static final int SIZE = 3_001;
    private static final List<Long> SIZES = List.of((long) SIZE, (long) SIZE);
    private static final int READS_MAX = 8;

    private final Random random;
    private final Rules rules;
    private final List<CachedMedium> media = List.of(new CachedMedium(SIZE), new CachedMedium(SIZE));
    private final List<SlowVolume> volumes;
    private byte[][] twin = new byte[DISKS][SIZE];
    private final Map<Long, byte[][]> twinOf = new HashMap<>();
    private final List<Read> reads = new ArrayList<>();
    private DiskEpochs disks;
    private List<List<GuestDisk>> guest;

    /// A read under way.
    ///
    /// @param isSure which bytes nobody wrote since
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Read(GuestDisk by, int request, int disk, int offset, byte[] expected, boolean[] isSure) {}

    ModelSimulation(long seed, Rules rules) {
        random = new Random(seed);
        this.rules = rules;
        volumes = IntStream.range(0, DISKS)
                .mapToObj(disk -> new SlowVolume(SIZE, seed + disk, media.get(disk)))
                .toList();
        disks = new DiskEpochs("model", SIZES, rules, Bounds.USUAL);
        guest = guest();
    }

    private List<List<GuestDisk>> guest() {
        return IntStream.range(0, DISKS)
                .mapToObj(disk -> List.of(new GuestDisk(disks.disk(disk)), new GuestDisk(disks.disk(disk))))
                .toList();
    }

    void run() {
        try {
            disks.serve(List.<Volume>copyOf(volumes));
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                for (int steps = random.nextInt(10); steps > 0; steps--) {
                    use();
                }
                settleReads();
                copy();
            }
            settleReads();
            compare();
        } finally {
            disks.close();
            volumes.forEach(SlowVolume::close);
        }
    }

    private void copy() {
        Link link = new Link(disks, SIZES, 1 + random.nextInt(4));
        disks.begin(link);
        twinOf.clear();
        keepTwin(0);
        long epoch = 0;
        for (int i = random.nextInt(80); i > 0; i--) {
            switch (random.nextInt(12)) {
                case 0 -> {
                    epoch++;
                    link.send(disks.seal(epoch));
                    keepTwin(epoch);
                }
                case 1, 2, 3 -> link.pump(random);
                case 4 -> LockSupport.parkNanos(random.nextInt(30_000));
                default -> use();
            }
        }
        CountDownLatch drained = new CountDownLatch(1);
        if (random.nextBoolean()) {
            disks.drain(drained::countDown);
        } else {
            takeOver(link, drained);
        }
        while (drained.getCount() > 0 && random.nextInt(20) > 0) {
            read();
            checkReads();
        }
        GuestDisk.awaitTrue("not drained", () -> drained.getCount() == 0);
    }

    private void takeOver(Link link, CountDownLatch drained) {
        disks.close();
        guest.forEach(lanes -> lanes.forEach(GuestDisk::close));
        reads.clear();
        disks = new DiskEpochs("model-taken-over", SIZES, rules, Bounds.USUAL);
        guest = guest();
        twin = copyOf(twinOf.getOrDefault(link.committed(), twin));
        disks.takeOver(List.<Volume>copyOf(volumes), link.standby().segments(), drained::countDown);
    }

    private void keepTwin(long epoch) {
        twinOf.put(epoch, copyOf(twin));
    }

    private static byte[][] copyOf(byte[][] all) {
        return Arrays.stream(all).map(byte[]::clone).toArray(byte[][]::new);
    }

    private void use() {
        switch (random.nextInt(5)) {
            case 0, 1 -> change();
            default -> read();
        }
        checkReads();
    }

    private void read() {
        if (reads.size() == READS_MAX) {
            return;
        }
        int disk = random.nextInt(DISKS);
        int offset = random.nextInt(SIZE);
        int length = 1 + random.nextInt(Math.min(SIZE - offset, random.nextInt(4) == 0 ? SIZE : 300));
        GuestDisk by = guest.get(disk).get(random.nextInt(2));
        byte[] expected = Arrays.copyOfRange(twin[disk], offset, offset + length);
        boolean[] isSure = new boolean[length];
        Arrays.fill(isSure, true);
        int request = by.read(offset, length);
        reads.add(new Read(by, request, disk, offset, expected, isSure));
    }

    /// A batch on one lane, of which all is waited for.
    private void change() {
        int disk = random.nextInt(DISKS);
        GuestDisk by = guest.get(disk).get(random.nextInt(2));
        List<Integer> requests = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            int offset = random.nextInt(SIZE);
            int length = 1 + random.nextInt(Math.min(SIZE - offset, random.nextInt(8) == 0 ? SIZE : 200));
            boolean durable = random.nextInt(5) == 0;
            switch (random.nextInt(6)) {
                case 0 -> requests.add(by.flush());
                case 1 -> {
                    Arrays.fill(twin[disk], offset, offset + length, (byte) 0);
                    requests.add(by.zero(offset, length, random.nextBoolean(), durable));
                    touch(disk, offset, length);
                }
                case 2 -> {
                    Arrays.fill(twin[disk], offset, offset + length, (byte) 0);
                    requests.add(by.trim(offset, length, durable));
                    touch(disk, offset, length);
                }
                default -> {
                    byte[] data = new byte[length];
                    random.nextBytes(data);
                    System.arraycopy(data, 0, twin[disk], offset, length);
                    requests.add(by.write(offset, data, durable));
                    touch(disk, offset, length);
                }
            }
        }
        by.end();
        requests.forEach(by::await);
    }

    /// Whoever reads this now may see what was there before, or not.
    private void touch(int disk, int offset, int length) {
        for (Read read : reads) {
            for (int i = 0; i < read.isSure.length; i++) {
                int at = read.offset + i;
                read.isSure[i] &= read.disk != disk || at < offset || at >= offset + length;
            }
        }
    }

    private void checkReads() {
        for (Iterator<Read> each = reads.iterator(); each.hasNext(); ) {
            Read read = each.next();
            if (read.by.isAnswered(read.request)) {
                check(read);
                each.remove();
            }
        }
    }

    private void settleReads() {
        reads.forEach(ModelSimulation::check);
        reads.clear();
    }

    private static void check(Read read) {
        byte[] data = read.by.await(read.request);
        for (int i = 0; i < data.length; i++) {
            if (read.isSure[i] && data[i] != read.expected[i]) {
                throw new AssertionError("a read of %d bytes of disk %d at %d: byte %d is %d, not %d"
                        .formatted(data.length, read.disk, read.offset, i, data[i], read.expected[i]));
            }
        }
    }

    /// What is on the media is what the guest wrote.
    private void compare() {
        for (int disk = 0; disk < DISKS; disk++) {
            int differs = Arrays.mismatch(media.get(disk).read(0, SIZE), twin[disk]);
            if (differs >= 0) {
                throw new AssertionError("disk %d differs at %d".formatted(disk, differs));
            }
        }
    }
}
