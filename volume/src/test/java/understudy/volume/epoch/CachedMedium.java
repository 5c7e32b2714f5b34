package understudy.volume.epoch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// A disk with a cache that a loss of power empties: of what is not flushed each write survives or not.
final class CachedMedium {
    private final byte[] stable;
    private final byte[] current;
    private final List<Patch> unflushed = new ArrayList<>();
    private long written;

    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Patch(long number, int offset, byte[] bytes) {}

    CachedMedium(int size) {
        stable = new byte[size];
        current = new byte[size];
    }

    synchronized void write(int offset, byte[] bytes) {
        System.arraycopy(bytes, 0, current, offset, bytes.length);
        written++;
        unflushed.add(new Patch(written, offset, bytes.clone()));
    }

    synchronized byte[] read(int offset, int length) {
        return Arrays.copyOfRange(current, offset, offset + length);
    }

    /// How many writes there were.
    synchronized long written() {
        return written;
    }

    /// Makes the first so many writes survive.
    synchronized void flush(long upTo) {
        for (Patch patch : unflushed) {
            if (patch.number <= upTo) {
                System.arraycopy(patch.bytes, 0, stable, patch.offset, patch.bytes.length);
            }
        }
        unflushed.removeIf(patch -> patch.number <= upTo);
    }

    /// What is there after a loss of power.
    synchronized byte[] afterPowerLoss(Random random) {
        byte[] left = stable.clone();
        for (Patch patch : unflushed) {
            if (random.nextBoolean()) {
                System.arraycopy(patch.bytes, 0, left, patch.offset, patch.bytes.length);
            }
        }
        return left;
    }
}
