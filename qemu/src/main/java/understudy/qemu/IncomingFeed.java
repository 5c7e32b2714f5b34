package understudy.qemu;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a standby QEMU (`-incoming defer`) load an incoming stream and run its guest, once in its life.
///
/// QEMU listens on a socket in the instance's directory and we write: unlike `exec:` it needs no child
/// process (which the sandbox forbids), and unlike `fd:` no descriptor has to be passed.
public final class IncomingFeed {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingFeed.class);

    private IncomingFeed() {}

    /// How a guest came to run.
    ///
    /// @param time   from the first command to the word that it runs
    /// @param resume QEMU's `RESUME` event
    public record Resumed(Duration time, QmpEvent resume) {}

    /// Loads the stream and returns when the guest runs. The RAM file must hold the guest's memory by now:
    /// QEMU reads it only as the guest does. Announcing the guest's addresses is not done here, though QEMU
    /// itself sends a few RARP frames through its NICs.
    ///
    /// @param qmp    a connection to the standby
    /// @param stream from [MigrationStream#encode]
    /// @throws IOException if QEMU does not take it; such a QEMU has ended, as a rule, and is of no more use:
    ///                     its log says why
    public static Resumed resume(Qmp qmp, QemuProcess standby, byte[] stream, Duration timeout) throws IOException {
        long begin = System.nanoTime();
        Deadline end = Deadline.after(timeout);
        InstanceDirectory directory = standby.directory();
        try (MigrationEvents events = new MigrationEvents(qmp)) {
            MigrationEvents.enable(qmp, timeout);
            qmp.execute("migrate-incoming", Map.of("uri", "unix:" + directory.incoming()), timeout);
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(directory.incoming()));
                Thread.ofPlatform().daemon().name("incoming " + standby.vm()).start(() -> write(channel, stream));
                QmpEvent resume = events.awaitResumed(end);
                return new Resumed(Duration.ofNanos(System.nanoTime() - begin), resume);
            }
        } catch (IOException e) {
            throw new IOException(
                    "VM %s cannot be resumed (%s): QEMU says: %s"
                            .formatted(standby.vm(), e.getMessage(), standby.lastWords()),
                    e);
        } finally {
            Files.deleteIfExists(directory.incoming());
        }
    }

    /// Blocks while QEMU does not read, until the channel is closed: hence a thread of its own.
    private static void write(SocketChannel channel, byte[] stream) {
        ByteBuffer buffer = ByteBuffer.wrap(stream);
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            // So that QEMU sees the end of a torn stream instead of waiting for more.
            channel.shutdownOutput();
        } catch (IOException e) {
            // QEMU refused the stream or died, which its control socket tells; or we gave up.
            LOG.debug("writing the incoming stream", e);
        }
    }
}
