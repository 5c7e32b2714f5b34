package understudy.volume.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.BlockFile;
import understudy.volume.Geometry;

/// Readers, a writer, a retirer and a flusher at once, on real files, with a cache that is always too small.
class StoreConcurrencyTest {
    private static final int WRITES = 30_000;
    private static final int WRITES_MAX = 100 * WRITES;
    private static final int EXTENTS = 40;
    private static final int BLOCKS_USED = 8;

    @TempDir
    Path folder;

    private final ReentrantLock order = new ReentrantLock();
    private final AtomicBoolean isOver = new AtomicBoolean();

    @Test
    void nobodySeesDamageThatIsNone() throws Exception {
        long size = (long) EXTENTS * Geometry.EXTENT_BYTES;
        Path file = folder.resolve("disk");
        ReplicaStore.create(file, new Identity(UUID.randomUUID(), UUID.randomUUID(), size, Instant.now()))
                .close(true);
        ReplicaStore store = StoreOpening.open(
                new LinuxDisk(BlockFile.open(file)),
                new LinuxDisk(BlockFile.open(ReplicaStore.metadata(file))),
                Expected.ANYTHING,
                3);
        try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
            Future<?> retirer = threads.submit(untilOver(() -> retire(store)));
            Future<?> flusher = threads.submit(untilOver(() -> flush(store)));
            Future<?> reader = threads.submit(reading(store, 1));
            Future<?> other = threads.submit(reading(store, 2));
            Future<?> writer = threads.submit(() -> {
                try {
                    write(store);
                } finally {
                    isOver.set(true);
                }
                return null;
            });
            for (Future<?> thread : new Future<?>[] {writer, retirer, flusher, reader, other}) {
                assertThat(thread.get(2, TimeUnit.MINUTES)).isNull();
            }
        }
        assertThat(store.statistics().corruptBlocks()).isZero();
        assertThat(store.statistics().retiredExtents()).isPositive();
        assertThat(store.statistics().pageLoads()).isGreaterThan(EXTENTS);
        store.close(true);
    }

    private Callable<?> untilOver(Callable<?> step) {
        return () -> {
            while (!isOver.get()) {
                Object _ = step.call();
            }
            return null;
        };
    }

    private void write(ReplicaStore store) throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(Geometry.BLOCK_BYTES);
            for (long i = 1; isToWrite(store, i); i++) {
                int length = random.nextInt(4) == 0 ? 1 + random.nextInt(4000) : Geometry.BLOCK_BYTES;
                block.fill((byte) i);
                long offset = place(random);
                order.lock();
                try {
                    if (!store.touch(offset, length)) {
                        assertThat(store.heat()).isTrue();
                    }
                    store.write(offset, block.asSlice(0, length));
                } finally {
                    order.unlock();
                }
            }
        }
    }

    /// A retirement takes syncs of a real disk, which may be slow: then more is written until one has come to its end.
    private static boolean isToWrite(ReplicaStore store, long number) {
        return number <= WRITES || (number <= WRITES_MAX && store.statistics().retiredExtents() == 0);
    }

    private static long place(SplittableRandom random) {
        return (long) random.nextInt(EXTENTS) * Geometry.EXTENT_BYTES
                + (long) random.nextInt(BLOCKS_USED) * Geometry.BLOCK_BYTES;
    }

    private Callable<?> reading(ReplicaStore store, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Arena arena = Arena.ofShared();
        MemorySegment target = arena.allocate(3L * Geometry.BLOCK_BYTES);
        return untilOver(() -> {
            store.read(place(random) + random.nextInt(2), target);
            return target.get(ValueLayout.JAVA_BYTE, 0);
        });
    }

    private Object retire(ReplicaStore store) throws IOException {
        Retirement retirement;
        order.lock();
        try {
            retirement = store.startRetirement(EXTENTS / 2);
        } finally {
            order.unlock();
        }
        store.sync();
        retirement.persist();
        order.lock();
        try {
            return retirement.finish();
        } finally {
            order.unlock();
        }
    }

    private Object flush(ReplicaStore store) throws IOException {
        store.sync();
        return store.computeNext();
    }
}
