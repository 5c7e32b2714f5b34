package understudy.lab.probe;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import understudy.linux.NetworkNamespace;

/// How long a guest was silent: asks it by UDP every few milliseconds, and measures the time between answers.
/// Nothing is sent twice, so no retransmission timer of a client rounds the time up.
public final class SilenceMeter implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(5);

    private final DatagramChannel channel;
    private volatile boolean stopping;
    private long lastAnswer;
    private long longest;
    private long longestBegan;

    /// A time without an answer.
    ///
    /// @param began when the last answer before it came
    public record Silence(Instant began, Duration length) {
        public Instant ended() {
            return began.plus(length);
        }
    }

    private SilenceMeter(DatagramChannel channel) {
        this.channel = channel;
    }

    public static SilenceMeter start(Path namespace, InetSocketAddress guest) throws IOException {
        DatagramChannel channel = NetworkNamespace.inside(namespace, DatagramChannel::open);
        channel.connect(guest);
        SilenceMeter meter = new SilenceMeter(channel);
        Thread.ofPlatform().daemon().name("silence-asks").start(meter::ask);
        Thread.ofPlatform().daemon().name("silence-hears").start(meter::hear);
        return meter;
    }

    /// Begins to measure anew.
    public synchronized void reset() {
        lastAnswer = System.nanoTime();
        longest = 0;
        longestBegan = lastAnswer;
    }

    /// The longest time without an answer, since the start or the last [#reset]; the present silence counts.
    public synchronized Duration longest() {
        return Duration.ofNanos(lastAnswer == 0 ? 0 : Math.max(longest, System.nanoTime() - lastAnswer));
    }

    /// The silence that [#longest] is the length of.
    public synchronized Silence longestSilence() {
        long now = System.nanoTime();
        boolean isPresentOne = lastAnswer != 0 && now - lastAnswer > longest;
        long began = isPresentOne ? lastAnswer : longestBegan;
        long length = isPresentOne ? now - lastAnswer : longest;
        return new Silence(Instant.now().minusNanos(now - began), Duration.ofNanos(length));
    }

    private void ask() {
        ByteBuffer question = ByteBuffer.allocateDirect(Long.BYTES);
        long number = 0;
        while (!stopping) {
            try {
                channel.write(question.clear().putLong(number++).flip());
            } catch (IOException unreachableForNow) {
                if (!channel.isOpen()) {
                    return;
                }
            }
            LockSupport.parkNanos(INTERVAL.toNanos());
        }
    }

    private void hear() {
        ByteBuffer answer = ByteBuffer.allocateDirect(64);
        while (!stopping) {
            try {
                channel.read(answer.clear());
                heard();
            } catch (IOException unreachableForNow) {
                if (!channel.isOpen()) {
                    return;
                }
            }
        }
    }

    private synchronized void heard() {
        long now = System.nanoTime();
        if (lastAnswer != 0 && now - lastAnswer > longest) {
            longest = now - lastAnswer;
            longestBegan = lastAnswer;
        }
        lastAnswer = now;
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        channel.close();
    }
}
