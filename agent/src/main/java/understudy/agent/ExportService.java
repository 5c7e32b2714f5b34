package understudy.agent;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import understudy.api.VolumePieces;
import understudy.link.Connection;
import understudy.link.Link;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmId;
import understudy.model.VolumeId;

/// Brings what a volume holds from the host that has it to the agent that somebody asked for it.
///
/// On the wire: the ids of VM and volume, as before a mirror's bytes ([VolumeWire.Preface]); then, in the other
/// direction, [VolumePieces].
final class ExportService {
    private static final String SERVICE = "volume-exports";
    private static final Duration DIAL = Duration.ofSeconds(2);

    /// For the next bytes, in either direction.
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int BUFFER_BYTES = 64 << 10;

    private final HostName self;
    private final Link link;
    private final Source source;

    /// What has the content on this host. Blocks, on a thread of its own that is not virtual.
    interface Source {
        /// @throws Problem.Refused if it cannot, or not any more
        /// @throws IOException     if the sink throws it
        void send(VmId vm, VolumeId volume, VolumePieces.Sink sink) throws IOException;
    }

    ExportService(HostName self, Link link, Source source) {
        this.self = self;
        this.link = link;
        this.source = source;
        link.serve(SERVICE, this::serve);
    }

    /// Has a host send a volume's content.
    ///
    /// @throws Problem.Refused the host's own, or `no-answer-from-host`, `export-broken`
    /// @throws IOException     if the sink throws it
    void export(HostName host, VmId vm, VolumeId volume, VolumePieces.Sink sink) throws IOException {
        if (host.equals(self)) {
            send(vm, volume, sink);
            return;
        }
        try (Connection connection = dial(host)) {
            try {
                new VolumeWire.Preface(vm, volume).send(connection);
            } catch (IOException e) {
                throw silent(host, e);
            }
            VolumePieces.read(new Reading(connection), sink);
        }
    }

    private Connection dial(HostName host) {
        try {
            return link.connect(host, SERVICE, DIAL);
        } catch (IOException e) {
            throw silent(host, e);
        }
    }

    private static Problem.Refused silent(HostName host, IOException why) {
        return Problem.of("no-answer-from-host", host + " does not answer.", "See how it is: understudy host list")
                .because(DriverDesk.reason(why))
                .with("host", host)
                .refused();
    }

    private void serve(Connection connection) throws IOException {
        VolumeWire.Preface preface;
        try (var _ = connection.deadline(PATIENCE)) {
            preface = VolumeWire.Preface.receive(connection);
        }
        try (OutputStream out = new BufferedOutputStream(new Writing(connection), BUFFER_BYTES)) {
            try {
                send(preface.vm(), preface.volume(), VolumePieces.writer(out));
            } catch (Problem.Refused refused) {
                VolumePieces.fail(out, refused.problem());
            }
        }
    }

    /// Disks must not keep the carrier of a virtual thread waiting.
    private void send(VmId vm, VolumeId volume, VolumePieces.Sink sink) throws IOException {
        Sending sending = new Sending(vm, volume, sink);
        Thread thread = Thread.ofPlatform().daemon().name("export-" + volume).start(sending);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (sending.refused.isPresent()) {
            throw sending.refused.get();
        }
        if (sending.failed.isPresent()) {
            throw sending.failed.get();
        }
    }

    private final class Sending implements Runnable {
        private final VmId vm;
        private final VolumeId volume;
        private final VolumePieces.Sink sink;
        private volatile Optional<RuntimeException> refused = Optional.empty();
        private volatile Optional<IOException> failed = Optional.empty();

        Sending(VmId vm, VolumeId volume, VolumePieces.Sink sink) {
            this.vm = vm;
            this.volume = volume;
            this.sink = sink;
        }

        @Override
        public void run() {
            try {
                source.send(vm, volume, sink);
            } catch (IOException e) {
                failed = Optional.of(e);
            } catch (RuntimeException e) {
                refused = Optional.of(e);
            }
        }
    }

    private static final class Writing extends OutputStream {
        private final Connection connection;

        Writing(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try (var _ = connection.deadline(PATIENCE)) {
                connection.write(ByteBuffer.wrap(bytes, offset, length));
            }
        }
    }

    private static final class Reading extends InputStream {
        private final Connection connection;
        private final byte[] one = new byte[1];

        Reading(Connection connection) {
            this.connection = connection;
        }

        @Override
        public int read() throws IOException {
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try (var _ = connection.deadline(PATIENCE)) {
                return connection.read(ByteBuffer.wrap(into, offset, length));
            }
        }
    }
}
