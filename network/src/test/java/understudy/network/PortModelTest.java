package understudy.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Output follows commit (invariant 3): a guest that talks all the time, epochs that are sealed while it stands
/// still, releases at any time later, and an observer behind the uplink. Every frame carries the epoch that it
/// was made in.
class PortModelTest {
    private static final int FRAMES = 5_000;

    /// Frames that may be under way at once: fewer than a TAP device queues, so that none is lost.
    private static final int UNDER_WAY_MAX = 400;

    @TempDir
    Path directory;

    private final ReentrantLock running = new ReentrantLock();
    private final AtomicLong epoch = new AtomicLong(1);
    private static final long A_MINUTE = 60_000_000_000L;

    private final AtomicLong released = new AtomicLong();
    private final Semaphore underWay = new Semaphore(UNDER_WAY_MAX);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void noFrameLeavesBeforeItsEpochIsReleasedAndNoneIsLostOrOvertaken(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        try (Wire wire = new Wire(directory, 1 << 20, new Heard())) {
            wire.port().gate(1);
            SplittableRandom guests = random.split();
            Thread guest = Thread.ofPlatform().start(() -> talk(wire, guests));
            SplittableRandom seals = random.split();
            Thread checkpoints = Thread.ofPlatform().start(() -> checkpoint(wire.port(), seals, guest));
            for (long number = 0; number < FRAMES; number++) {
                ByteBuffer frame = wire.left(Wire.TEST);
                underWay.release();
                assertThat(frame.getLong(14))
                        .as("epoch of frame %d, seed %d", number, seed)
                        .isLessThanOrEqualTo(released.get());
                assertThat(frame.getLong(22)).as("seed %d", seed).isEqualTo(number);
            }
            guest.join();
            checkpoints.join();
        }
    }

    private void talk(Wire wire, SplittableRandom random) {
        try {
            for (long number = 0; number < FRAMES; number++) {
                underWay.acquire();
                running.lock();
                try {
                    wire.guestSends(epoch.get(), number);
                } finally {
                    running.unlock();
                }
                if (random.nextInt(20) == 0) {
                    Thread.onSpinWait();
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Seals while the guest stands still; commits some epochs later, in one or several steps.
    private void checkpoint(Port port, SplittableRandom random, Thread guest) {
        boolean last = false;
        while (!last) {
            last = !guest.isAlive();
            running.lock();
            try {
                port.seal();
                epoch.incrementAndGet();
            } finally {
                running.unlock();
            }
            long sealed = epoch.get() - 1;
            long committed = last ? sealed : released.get() + random.nextLong(sealed - released.get() + 1);
            released.set(committed);
            port.release(committed, System.nanoTime() + A_MINUTE);
            for (int i = random.nextInt(200); i > 0; i--) {
                Thread.onSpinWait();
            }
        }
    }
}
