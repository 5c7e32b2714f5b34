package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import understudy.volume.Lane;
import understudy.volume.LaneClient;
import understudy.volume.Volume;

class LeasedVolumeTest {
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile boolean leased;
    private volatile boolean isLostInTheMidst;
    private final Lane lane = new LeasedVolume(new Recorded(), () -> leased).open(new Ignored());

    @AfterEach
    void letAllGo() {
        isLostInTheMidst = false;
        leased = true;
    }

    @Test
    void nothingBeginsWithoutALease() {
        CompletableFuture<Void> asked = CompletableFuture.runAsync(() -> {
            lane.flush(1);
            lane.end();
        });
        await().until(() -> calls.contains("flush"));
        assertThat(calls).containsExactly("flush");
        leased = true;
        asked.join();
        assertThat(calls).containsExactly("flush", "end");
    }

    @Test
    void whatWasReadIsHandedOverOnlyWithALeaseThatIsHeldThen() {
        leased = true;
        isLostInTheMidst = true;
        CompletableFuture<Boolean> read = CompletableFuture.supplyAsync(() -> lane.read(1, 0, MemorySegment.NULL));
        await().until(() -> calls.contains("read"));
        assertThat(leased).isFalse();
        assertThat(read).isNotDone();
        leased = true;
        assertThat(read.join()).isTrue();
    }

    /// Notes what reaches it. A lease may be lost while it reads.
    private final class Recorded implements Volume, Lane {
        @Override
        public long sizeBytes() {
            return 4096;
        }

        @Override
        public Lane open(LaneClient client) {
            return this;
        }

        @Override
        public boolean read(int request, long offset, MemorySegment target) {
            leased = leased && !isLostInTheMidst;
            calls.add("read");
            return true;
        }

        @Override
        public void write(int request, long offset, MemorySegment payload, boolean durable) {
            calls.add("write");
        }

        @Override
        public void zero(int request, long offset, long length, boolean mayPunch, boolean durable) {
            calls.add("zero");
        }

        @Override
        public void trim(int request, long offset, long length, boolean durable) {
            calls.add("trim");
        }

        @Override
        public void flush(int request) {
            calls.add("flush");
        }

        @Override
        public void end() {
            calls.add("end");
        }

        @Override
        public List<Allocation> allocation(long offset, long length, int extentsMax) {
            return List.of();
        }

        @Override
        public void close() {}
    }

    /// The answers are not what this is about.
    private static final class Ignored implements LaneClient {
        @Override
        public void done(int request) {}

        @Override
        public void readDone(int request, MemorySegment data) {}

        @Override
        public void failed(int request, Failure failure) {}

        @Override
        public void flushReplies() {}

        @Override
        public void threadLost() {}
    }
}
