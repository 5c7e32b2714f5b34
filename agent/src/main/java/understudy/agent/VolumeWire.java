package understudy.agent;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import understudy.link.Connection;
import understudy.model.VmId;
import understudy.model.VolumeId;
import understudy.volume.mirror.MirrorWire;

/// A mirror's bytes over a connection of the link, behind a preface that says of which volume they are.
final class VolumeWire implements MirrorWire {
    private static final int PREFACE_BYTES = 32;

    private final Connection connection;

    VolumeWire(Connection connection) {
        this.connection = connection;
    }

    /// Which volume a connection is about: the ids of VM and volume, 16 bytes each, most significant first.
    record Preface(VmId vm, VolumeId volume) {

        void send(Connection connection) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(PREFACE_BYTES);
            put(bytes, vm.value());
            put(bytes, volume.value());
            connection.write(bytes.flip());
        }

        static Preface receive(Connection connection) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(PREFACE_BYTES);
            connection.readFully(bytes);
            bytes.flip();
            return new Preface(new VmId(uuid(bytes)), new VolumeId(uuid(bytes)));
        }

        private static void put(ByteBuffer bytes, UUID id) {
            bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        }

        private static UUID uuid(ByteBuffer bytes) {
            return new UUID(bytes.getLong(), bytes.getLong());
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        try {
            return connection.read(into);
        } catch (EOFException ended) {
            return -1;
        }
    }

    @Override
    public void write(ByteBuffer[] from, int count) throws IOException {
        connection.write(count == from.length ? from : Arrays.copyOf(from, count));
    }

    @Override
    public void close() {
        connection.close();
    }
}
