package understudy.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Takes the head of a migration stream from a running guest, by a real outgoing migration to a socket of
/// ours.
///
/// The guest is not stopped first: QEMU stops it for the last, short part, and afterwards (`postmigrate`)
/// `cont` lets it run on as if nothing had been. Measured: 1.7–2.0 ms of standstill so, 3.1–4.0 ms with a
/// `stop` first.
///
/// @param head    the head, with the contents of the small RAM blocks at the guest's stop
/// @param stopped how long the guest stood still, by QEMU's own events
public record OutgoingHead(StreamHead head, Duration stopped) {
    /// The longest stream that is read: the RAM that may be in it, and devices.
    private static final int STREAM_MAX = 320 << 20;

    /// Takes the head. Not beside another migration or a checkpoint of the same QEMU. The guest must run:
    /// QEMU would not migrate a second time from where a migration of a paused one ends.
    ///
    /// @throws IOException if the guest does not run, or QEMU refuses, takes too long, or its stream is not
    ///                     understood; the guest then runs on if QEMU still answers
    public static OutgoingHead take(Qmp qmp, InstanceDirectory directory, Duration timeout) throws IOException {
        Deadline end = Deadline.after(timeout);
        if (!isRunning(qmp, timeout)) {
            throw new IOException("the guest does not run: QEMU gives a head of a running guest only");
        }
        Files.deleteIfExists(directory.outgoing());
        try (MigrationEvents events = new MigrationEvents(qmp);
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(directory.outgoing()), 1);
            CompletableFuture<byte[]> stream = receiver(server);
            Duration stopped = migrate(qmp, directory, events, timeout, end);
            return new OutgoingHead(MigrationStream.decodeHead(end.await("QEMU's outgoing stream", stream)), stopped);
        } finally {
            Files.deleteIfExists(directory.outgoing());
        }
    }

    private static Duration migrate(
            Qmp qmp, InstanceDirectory directory, MigrationEvents events, Duration timeout, Deadline end)
            throws IOException {
        try {
            MigrationEvents.enable(qmp, timeout);
            qmp.execute("migrate", Map.of("uri", "unix:" + directory.outgoing()), timeout);
            events.awaitCompleted(end);
        } catch (IOException e) {
            runAgain(qmp, timeout, e);
            throw e;
        }
        letRun(qmp, timeout);
        long micros = events.awaitResumed(end).microseconds()
                - events.awaitStopped(end).microseconds();
        return Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    }

    private static void runAgain(Qmp qmp, Duration timeout, IOException failure) {
        try {
            qmp.execute("migrate_cancel", timeout);
            letRun(qmp, timeout);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /// QEMU refuses `cont` for the moment between the end of a migration and its own tidying up: hence
    /// several attempts.
    private static void letRun(Qmp qmp, Duration timeout) throws IOException {
        Deadline end = Deadline.after(timeout);
        while (!isContinued(qmp, timeout)) {
            if (end.hasPassed()) {
                throw new IOException("QEMU does not let the guest run on after a migration");
            }
        }
    }

    private static boolean isContinued(Qmp qmp, Duration timeout) throws QmpException {
        try {
            qmp.execute("cont", timeout);
            return true;
        } catch (QmpException e) {
            if (e.kind() != QmpException.Kind.REFUSED) {
                throw e;
            }
            return false;
        }
    }

    private static boolean isRunning(Qmp qmp, Duration timeout) throws QmpException {
        return qmp.execute("query-status", timeout).path("running").asBoolean(false);
    }

    private static CompletableFuture<byte[]> receiver(ServerSocketChannel server) {
        CompletableFuture<byte[]> stream = new CompletableFuture<>();
        Thread.ofVirtual().name("outgoing head").start(() -> {
            try (SocketChannel channel = server.accept()) {
                stream.complete(readAll(channel));
            } catch (IOException e) {
                stream.completeExceptionally(e);
            }
        });
        return stream;
    }

    private static byte[] readAll(SocketChannel channel) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream(1 << 20);
        ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
        while (channel.read(buffer) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
            if (all.size() > STREAM_MAX) {
                throw new IOException(
                        "QEMU sends more than " + STREAM_MAX + " bytes: is the guest's RAM a shared file?");
            }
        }
        return all.toByteArray();
    }
}
