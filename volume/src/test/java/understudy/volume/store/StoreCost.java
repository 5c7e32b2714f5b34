package understudy.volume.store;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import understudy.linux.BlockFile;
import understudy.volume.Geometry;

/// What a request costs in hot extents, in CPU time of its thread, printed; run by hand, with a folder on the
/// file system in question.
final class StoreCost {
    private static final int REQUESTS = 200_000;
    private static final int ROUNDS = 5;
    private static final int EXTENTS = 16;

    private StoreCost() {}

    private interface Request {
        void at(long offset) throws IOException;
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory(Path.of(arguments[0]), "store-cost");
        Path file = folder.resolve("disk");
        long size = (long) EXTENTS * Geometry.EXTENT_BYTES;
        ReplicaStore store =
                ReplicaStore.create(file, new Identity(UUID.randomUUID(), UUID.randomUUID(), size, Instant.now()));
        try (Arena arena = Arena.ofShared();
                BlockFile raw = BlockFile.create(folder.resolve("raw"), size)) {
            MemorySegment batch = arena.allocate(4 << 20);
            SplittableRandom random = new SplittableRandom(1);
            for (long at = 0; at < batch.byteSize(); at += Long.BYTES) {
                batch.set(ValueLayout.JAVA_LONG, at, random.nextLong());
            }
            for (long at = 0; at < size; at += Geometry.EXTENT_BYTES) {
                raw.write(at, batch);
            }
            boolean _ = store.touch(0, size);
            boolean _ = store.heat();
            store.write(0, batch);
            for (int length : new int[] {Geometry.BLOCK_BYTES, 512, 1 << 20}) {
                MemorySegment one = batch.asSlice(4096, length);
                long places = size / Geometry.BLOCK_BYTES - length / Geometry.BLOCK_BYTES - 1;
                int count = length > Geometry.BLOCK_BYTES ? REQUESTS / 100 : REQUESTS;
                measure("pwrite " + length, count, places, at -> raw.write(at, one));
                measure("store write " + length, count, places, at -> {
                    boolean _ = store.touch(at, length);
                    store.write(at, one);
                });
                MemorySegment into = arena.allocate(length);
                measure("pread " + length, count, places, at -> raw.read(at, into));
                measure("store read " + length, count, places, at -> store.read(at, into));
            }
        } finally {
            store.close();
            for (String name : new String[] {"disk", "disk.meta", "raw"}) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.delete(folder);
        }
    }

    private static void measure(String what, int count, long places, Request request) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double best = Double.MAX_VALUE;
        double bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            SplittableRandom random = new SplittableRandom(round);
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long started = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < count; i++) {
                request.at(random.nextLong(places) * Geometry.BLOCK_BYTES);
            }
            best = Math.min(best, (threads.getCurrentThreadCpuTime() - started) / 1e3 / count);
            bytes = (double) (threads.getCurrentThreadAllocatedBytes() - allocated) / count;
        }
        System.out.printf("%-22s %8.2f us, %6.1f bytes allocated%n", what, best, bytes);
    }
}
