package understudy.simulator;

import java.util.Arrays;
import java.util.UUID;

/// A replica of a volume on one host's disk, with the kernel's cache in front of it. A block's content is the
/// number of the write that it holds, 0 for none.
final class DiskReplica {
    static final int BLOCKS = 8;

    private final UUID id;
    private final long[] written = new long[BLOCKS];
    private final long[] durable = new long[BLOCKS];
    private boolean failing;
    private long lostPowerAt = -1;

    DiskReplica(UUID id) {
        this.id = id;
    }

    UUID id() {
        return id;
    }

    boolean isFailing() {
        return failing;
    }

    void failing(boolean now) {
        failing = now;
    }

    long read(int block) {
        return written[block];
    }

    long durable(int block) {
        return durable[block];
    }

    void write(int block, long content) {
        written[block] = content;
    }

    void flush() {
        System.arraycopy(written, 0, durable, 0, BLOCKS);
    }

    /// When its cache was last lost; -1 for never.
    long lostPowerAt() {
        return lostPowerAt;
    }

    /// Of what was not flushed some is there and some is not.
    void losePower(Dice dice, long nowNanos) {
        lostPowerAt = nowNanos;
        for (int block = 0; block < BLOCKS; block++) {
            if (written[block] != durable[block] && dice.chance(0.5)) {
                written[block] = durable[block];
            }
        }
        flush();
    }

    @Override
    public String toString() {
        return Arrays.toString(written);
    }
}
