package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.Fifo.Readiness;

class FifoTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int TOTAL = 300_000;

    @TempDir
    Path directory;

    @Test
    void aWriterWaitsWhileItIsSmallAndGoesOnWhenItIsDrained() throws Exception {
        try (Fifo fifo = Fifo.create(directory.resolve("pipe"))) {
            for (int round = 0; round < 3; round++) {
                drainOneWriter(fifo);
                fifo.reopen();
            }
        }
        assertThat(Files.exists(directory.resolve("pipe"))).isFalse();
    }

    private void drainOneWriter(Fifo fifo) throws Exception {
        assertThat(fifo.capacity(4096)).isEqualTo(4096);
        assertThat(fifo.awaitReadable(SHORT)).isEqualTo(Readiness.TIMED_OUT);
        Process writer = new ProcessBuilder("head", "-c", Integer.toString(TOTAL), "/dev/zero")
                .redirectOutput(fifo.path().toFile())
                .start();
        try {
            assertThat(fifo.awaitReadable(LONG)).isEqualTo(Readiness.DATA);
            assertThat(writer.isAlive()).isTrue();
            assertThat(fifo.capacity(1 << 20)).isEqualTo(1 << 20);
            assertThat(drained(fifo)).isEqualTo(TOTAL);
            assertThat(fifo.awaitReadable(LONG)).isEqualTo(Readiness.WRITER_GONE);
            assertThat(writer.waitFor()).isZero();
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    private static int drained(Fifo fifo) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(TOTAL);
            int done = 0;
            while (fifo.awaitReadable(LONG) == Readiness.DATA) {
                done += Math.max(0, fifo.read(buffer, 0, TOTAL));
            }
            assertThat(fifo.read(buffer, 0, TOTAL)).isEqualTo(-1);
            assertThat(buffer.get(JAVA_BYTE, 0)).isZero();
            return done;
        }
    }

    @Test
    void somethingInItsPlaceIsLeftAlone() throws IOException {
        Path path = Files.writeString(directory.resolve("file"), "mine");
        assertThatThrownBy(() -> Fifo.create(path)).hasMessageContaining("(EEXIST)");
        assertThat(path).hasContent("mine");
    }
}
