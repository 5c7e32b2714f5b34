package understudy.systemtests.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class StampTest {
    private static final long BLOCK = 77;

    private static ByteBuffer stamped(long block, long value) {
        ByteBuffer data = ByteBuffer.allocate(Stamp.BLOCK_BYTES);
        Stamp.put(data, block, value);
        return data.flip();
    }

    @Test
    void aBlockSaysWhichWriteItIs() {
        assertThat(Stamp.take(stamped(BLOCK, 5), BLOCK)).isEqualTo(5);
        assertThat(Stamp.take(ByteBuffer.allocate(Stamp.BLOCK_BYTES), BLOCK)).isEqualTo(Stamp.ZERO);
    }

    @Test
    void aBlockInTheWrongPlaceIsGarbage() {
        assertThat(Stamp.take(stamped(BLOCK + 1, 5), BLOCK)).isEqualTo(Stamp.GARBAGE);
    }

    @Test
    void everyFlippedByteMakesGarbage() {
        for (int at = 0; at < Stamp.BLOCK_BYTES; at++) {
            ByteBuffer data = stamped(BLOCK, 5);
            data.put(at, (byte) (data.get(at) ^ 0x10));
            assertThat(Stamp.take(data, BLOCK)).as("byte %d", at).isEqualTo(Stamp.GARBAGE);
        }
    }

    @Test
    void sectorsOfDifferentWritesMakeATornBlock() {
        for (int sector = 0; sector < 8; sector++) {
            ByteBuffer data = stamped(BLOCK, 5);
            data.put(512 * sector, stamped(BLOCK, 6), 512 * sector, 512);
            assertThat(Stamp.take(data, BLOCK)).isEqualTo(Stamp.TORN);
        }
        ByteBuffer halfZeroed = stamped(BLOCK, 5);
        halfZeroed.put(2048, new byte[2048]);
        assertThat(Stamp.take(halfZeroed, BLOCK)).isEqualTo(Stamp.TORN);
    }
}
