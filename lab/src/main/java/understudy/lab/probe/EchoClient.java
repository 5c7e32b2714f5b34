package understudy.lab.probe;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import understudy.linux.NetworkNamespace;

/// A guest's client: one TCP connection, one numbered echo after another, every answer checked. It never
/// connects twice, so all that it reports happened on one connection.
///
/// Threads: any; the echoes have a thread of their own.
public final class EchoClient implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final Duration LONG_WAIT = Duration.ofMillis(50);

    private final SocketChannel channel;
    private final Duration pause;
    private final long origin = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Histogram roundTrips = new Histogram(Duration.ofMinutes(10).toNanos(), 3);
    private final List<Wait> waits = new ArrayList<>();
    private volatile boolean stopping;
    private volatile long sent;
    private volatile long answered;
    private final AtomicLong wrong = new AtomicLong();
    private volatile String failure = "";

    /// A round trip that took long.
    ///
    /// @param began since the client was made
    public record Wait(Duration began, Duration length) {}

    /// What was seen.
    ///
    /// @param wrong   answers that were not the echo that was due: of another number, or repeated
    /// @param failure how the connection ended, if the client did not end it; else empty
    /// @param waits   round trips of 50 ms and more, in order
    public record Report(
            long sent,
            long answered,
            long wrong,
            String failure,
            Duration p50,
            Duration p99,
            Duration longest,
            List<Wait> waits) {
        public Report {
            waits = List.copyOf(waits);
        }

        /// Echoes without an answer.
        public long lost() {
            return sent - answered;
        }

        /// Whether every echo was answered rightly, on the one connection.
        public boolean isFlawless() {
            return lost() == 0 && wrong == 0 && failure.isEmpty() && answered > 0;
        }
    }

    private EchoClient(SocketChannel channel, Duration pause) {
        this.channel = channel;
        this.pause = pause;
    }

    /// Connects from within a network namespace, and begins.
    ///
    /// @param pause between an answer and the next echo; zero for none
    /// @throws IOException if the guest does not answer
    public static EchoClient start(Path namespace, InetSocketAddress guest, Duration pause) throws IOException {
        SocketChannel channel = NetworkNamespace.inside(namespace, SocketChannel::open);
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(guest, (int) CONNECT.toMillis());
        } catch (IOException e) {
            channel.close();
            throw new IOException("the guest at " + guest + " cannot be reached: " + e.getMessage(), e);
        }
        EchoClient client = new EchoClient(channel, pause);
        Thread.ofPlatform().daemon().name("echo-client").start(client::run);
        return client;
    }

    public long answered() {
        return answered;
    }

    /// Forgets round trips and waits so far; the counts stay.
    public synchronized void resetTimes() {
        roundTrips.reset();
        waits.clear();
    }

    public synchronized Report report() {
        return new Report(
                sent,
                answered,
                wrong.get(),
                failure,
                Duration.ofNanos(roundTrips.getValueAtPercentile(50)),
                Duration.ofNanos(roundTrips.getValueAtPercentile(99)),
                Duration.ofNanos(roundTrips.getMaxValue()),
                waits);
    }

    /// Lets the echo under way be answered, for at most `patience`, and ends.
    public Report stop(Duration patience) {
        stopping = true;
        try {
            if (!ended.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                failure = "no answer for " + patience.toMillis() + " ms";
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Report report = report();
        close();
        return report;
    }

    private void run() {
        ByteBuffer message = ByteBuffer.allocateDirect(Long.BYTES);
        ByteBuffer answer = ByteBuffer.allocateDirect(Long.BYTES);
        try {
            while (!stopping) {
                echo(message, answer, sent + 1);
                if (pause.isPositive()) {
                    LockSupport.parkNanos(pause.toNanos());
                }
            }
        } catch (IOException e) {
            if (!stopping || answered < sent) {
                failure = e.getMessage() == null ? e.toString() : e.getMessage();
            }
        } finally {
            ended.countDown();
        }
    }

    private void echo(ByteBuffer message, ByteBuffer answer, long number) throws IOException {
        message.clear().putLong(number).flip();
        long began = System.nanoTime();
        sent = number;
        while (message.hasRemaining()) {
            channel.write(message);
        }
        answer.clear();
        while (answer.hasRemaining()) {
            if (channel.read(answer) < 0) {
                throw new EOFException("the guest closed the connection");
            }
        }
        long took = System.nanoTime() - began;
        if (answer.getLong(0) == number) {
            answered = number;
        } else {
            wrong.incrementAndGet();
        }
        record(began, took);
    }

    private synchronized void record(long began, long took) {
        roundTrips.recordValue(Math.min(took, roundTrips.getHighestTrackableValue()));
        if (took >= LONG_WAIT.toNanos()) {
            waits.add(new Wait(Duration.ofNanos(began - origin), Duration.ofNanos(took)));
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            channel.close();
        } catch (IOException e) {
            failure = "closing: " + e.getMessage();
        }
    }
}
