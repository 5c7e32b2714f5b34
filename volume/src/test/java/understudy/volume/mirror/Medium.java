package understudy.volume.mirror;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import understudy.volume.store.Disk;
import understudy.volume.store.DiskFailedException;

/// What lies on a disk in memory, and the ways in which that disk fails. It outlives those who open it: a
/// process that is killed leaves what it wrote, a host that loses power only what it synced, and perhaps some
/// of the rest.
final class Medium {
    private static final int SECTOR = 512;

    private static final long CALL_NANOS = 100_000;
    private static final long SYNC_NANOS = 5_000_000;

    private final Chance chance;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition thawed = lock.newCondition();
    private final byte[] bytes;
    private final byte[] durable;
    private final BitSet unsynced = new BitSet();
    private int size;
    private Fault fault = Fault.NONE;
    private int faultAfter;
    private int hanging;

    private Runnable synced = () -> {};

    /// How a disk fails.
    enum Fault {
        NONE,
        /// All calls fail.
        DEAD,
        /// Writes fail for want of room.
        FULL,
        /// Syncs fail, and what they were to make durable is gone.
        SYNC_ERROR,
        /// No call returns until it is thawed.
        HANGS
    }

    Medium(int capacity, Chance chance) {
        this.chance = chance;
        bytes = new byte[capacity];
        durable = new byte[capacity];
    }

    /// Hears of every sync, from the thread that asked for it.
    void onSync(Runnable listener) {
        synced = listener;
    }

    /// From the `calls`-th call on.
    void fail(Fault how, int calls) {
        lock.lock();
        try {
            fault = how;
            faultAfter = calls;
            thawed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void mend() {
        fail(Fault.NONE, 0);
    }

    int hanging() {
        lock.lock();
        try {
            return hanging;
        } finally {
            lock.unlock();
        }
    }

    /// A host's power is lost: of what was not synced any sectors survive.
    void losePower(RandomGenerator random) {
        lock.lock();
        try {
            for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
                if (random.nextBoolean()) {
                    System.arraycopy(durable, sector * SECTOR, bytes, sector * SECTOR, SECTOR);
                }
            }
            settle();
        } finally {
            lock.unlock();
        }
    }

    /// An empty disk in its place.
    void replace() {
        lock.lock();
        try {
            Arrays.fill(bytes, (byte) 0);
            Arrays.fill(durable, (byte) 0);
            unsynced.clear();
            size = 0;
            fault = Fault.NONE;
            thawed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// A bit flips, and the disk does not say so.
    void corrupt(int offset) {
        lock.lock();
        try {
            bytes[offset] ^= 0x20;
            durable[offset] ^= 0x20;
        } finally {
            lock.unlock();
        }
    }

    /// Holds this, and nobody wrote it.
    void overwrite(int offset, byte[] with) {
        lock.lock();
        try {
            System.arraycopy(with, 0, bytes, offset, with.length);
            System.arraycopy(with, 0, durable, offset, with.length);
        } finally {
            lock.unlock();
        }
    }

    byte[] content() {
        lock.lock();
        try {
            return Arrays.copyOf(bytes, size);
        } finally {
            lock.unlock();
        }
    }

    /// Zeros, so many bytes.
    void empty(int sizeNow) {
        lock.lock();
        try {
            Arrays.fill(bytes, (byte) 0);
            Arrays.fill(durable, (byte) 0);
            unsynced.clear();
            size = sizeNow;
        } finally {
            lock.unlock();
        }
    }

    private void settle() {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            System.arraycopy(bytes, sector * SECTOR, durable, sector * SECTOR, SECTOR);
        }
        unsynced.clear();
    }

    /// What a crash of all that use it would leave now, as a disk of its own.
    Medium crashImage() {
        lock.lock();
        try {
            Medium image = new Medium(bytes.length, Chance.NONE);
            System.arraycopy(bytes, 0, image.bytes, 0, bytes.length);
            System.arraycopy(durable, 0, image.durable, 0, bytes.length);
            image.unsynced.or(unsynced);
            image.size = size;
            return image;
        } finally {
            lock.unlock();
        }
    }

    Handle open() {
        return new Handle();
    }

    /// One process's way to the disk.
    final class Handle implements Disk {
        private boolean isCut;
        private boolean isClosed;
        private int calls;

        /// Whether nothing that this process does can reach the disk any more.
        boolean isReleased() {
            lock.lock();
            try {
                return isCut || (isClosed && calls == 0);
            } finally {
                lock.unlock();
            }
        }

        /// The process is killed: nothing it does reaches the disk any more.
        void cut() {
            lock.lock();
            try {
                isCut = true;
                thawed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /// Waits while the disk hangs.
        ///
        /// @return the fault that this call meets
        private Fault meet() throws DiskFailedException {
            hanging++;
            calls++;
            try {
                while (!isCut && fault == Fault.HANGS && faultAfter <= 0) {
                    thawed.awaitUninterruptibly();
                }
            } finally {
                hanging--;
                calls--;
            }
            if (isCut) {
                throw new DiskFailedException(5, "this process is dead");
            }
            boolean isNow = fault != Fault.NONE && --faultAfter < 0;
            if (isNow && fault == Fault.HANGS) {
                return meet();
            }
            if (isNow && fault == Fault.DEAD) {
                throw new DiskFailedException(5, "Input/output error");
            }
            return isNow ? fault : Fault.NONE;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void read(long offset, MemorySegment target) throws DiskFailedException {
            chance.pause(CALL_NANOS);
            lock.lock();
            try {
                meet();
                MemorySegment.copy(MemorySegment.ofArray(bytes), offset, target, 0, target.byteSize());
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void write(long offset, MemorySegment source) throws DiskFailedException {
            chance.pause(CALL_NANOS);
            // In two parts now and then: others may look, or the process be killed, in between.
            long part = source.byteSize() > SECTOR
                    ? (long) chance.some((int) (source.byteSize() / SECTOR)) * SECTOR
                    : source.byteSize();
            put(offset, source.asSlice(0, part));
            if (part < source.byteSize()) {
                chance.pause(CALL_NANOS);
                put(offset + part, source.asSlice(part));
            }
            chance.pause(CALL_NANOS);
        }

        private void put(long offset, MemorySegment source) throws DiskFailedException {
            lock.lock();
            try {
                Fault met = meet();
                if (met == Fault.FULL) {
                    throw new DiskFailedException(28, "No space left on device");
                }
                MemorySegment.copy(source, 0, MemorySegment.ofArray(bytes), offset, source.byteSize());
                touched(offset, source.byteSize());
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void zero(long offset, long length, boolean punch) throws DiskFailedException {
            chance.pause(CALL_NANOS);
            lock.lock();
            try {
                meet();
                Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0);
                touched(offset, length);
            } finally {
                lock.unlock();
            }
        }

        private void touched(long offset, long length) {
            unsynced.set((int) (offset / SECTOR), (int) ((offset + length - 1) / SECTOR) + 1);
        }

        @Override
        public void sync() throws DiskFailedException {
            chance.pause(CALL_NANOS);
            lock.lock();
            try {
                if (meet() == Fault.SYNC_ERROR) {
                    throw new DiskFailedException(5, "Input/output error");
                }
                // What is written while it takes its time is not covered.
                settle();
            } finally {
                lock.unlock();
            }
            synced.run();
            chance.pause(SYNC_NANOS);
            lock.lock();
            try {
                if (isCut) {
                    throw new DiskFailedException(5, "this process is dead");
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public long nextData(long from) {
            return Math.min(from, size);
        }

        @Override
        public long nextHole(long from) {
            return size;
        }

        @Override
        public void grow(long newSize) {
            lock.lock();
            try {
                size = Math.toIntExact(newSize);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean mayBeLarger() {
            return false;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                isClosed = true;
            } finally {
                lock.unlock();
            }
        }
    }
}
