package understudy.network;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import understudy.linux.NetworkNamespace;
import understudy.linux.Poll;
import understudy.linux.Tap;
import understudy.linux.TestNamespace;
import understudy.model.MacAddress;

/// A port in a namespace of its own, with a socket that plays QEMU at one end and, behind a bridge, a second
/// TAP device that sees what left at the other.
final class Wire implements AutoCloseable {
    static final MacAddress MAC = new MacAddress("52:54:00:11:22:33");
    static final int ARP = 0x0806;
    static final int RARP = 0x8035;

    /// An Ethernet type for experiments: frames that the kernel makes by itself have others.
    static final int TEST = 0x88b5;

    private static final int FRAME_BYTES = 100;
    private static final long LONG = Duration.ofSeconds(20).toNanos();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment seen = arena.allocate(70_000);
    private final TestNamespace namespace = new TestNamespace();
    private final Tap far;
    private final Poll farPoll;
    private final SocketChannel guest;
    private final Port port;

    Wire(Path directory, int heldBytesMax, Listener listener) throws IOException {
        namespace.ip("link add br0 type bridge");
        namespace.ip("link set br0 up");
        far = tap("far0");
        farPoll = new Poll(far.fd());
        farPoll.interest(0, true, false);
        Path socket = directory.resolve("net");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            port = Port.connect(socket, tap("tap0"), MAC, heldBytesMax, listener);
            guest = server.accept();
        }
    }

    Tap tap(String name) throws IOException {
        return NetworkNamespace.inside(namespace.file(), () -> Tap.create(name, "br0"));
    }

    Port port() {
        return port;
    }

    SocketChannel guest() {
        return guest;
    }

    TestNamespace namespace() {
        return namespace;
    }

    /// The guest sends a frame that carries two numbers.
    void guestSends(long epoch, long number) throws IOException {
        write(framed(ByteBuffer.wrap(frame(MAC.octets(), epoch, number))));
    }

    void guestSends(byte[] frame) throws IOException {
        write(framed(ByteBuffer.wrap(frame)));
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int _ = guest.write(bytes);
        }
    }

    static ByteBuffer framed(ByteBuffer frame) {
        return ByteBuffer.allocate(4 + frame.remaining())
                .putInt(frame.remaining())
                .put(frame)
                .flip();
    }

    static byte[] frame(byte[] source, long epoch, long number) {
        ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
        frame.putInt(-1).putShort((short) -1).put(source).putShort((short) TEST);
        return frame.putLong(epoch).putLong(number).array();
    }

    /// A frame enters from the network.
    void farSends(long number) throws IOException {
        try (Arena call = Arena.ofConfined()) {
            byte[] frame = frame(new byte[] {2, 0, 0, 0, 0, 1}, 0, number);
            far.write(call.allocateFrom(JAVA_BYTE, frame), 0, frame.length);
        }
    }

    /// The number that the next test frame to reach the guest carries.
    long guestReceives() throws IOException {
        while (true) {
            ByteBuffer frame = read(read(4).getInt());
            if (Short.toUnsignedInt(frame.getShort(12)) == TEST) {
                return frame.getLong(22);
            }
        }
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (guest.read(bytes) < 0) {
                throw new EOFException("the port closed the guest's socket");
            }
        }
        return bytes.flip();
    }

    /// The next frame of a type that left.
    ByteBuffer left(int type) throws IOException {
        return left(type, LONG).orElseThrow(() -> new IOException("no frame left within 20 s"));
    }

    private Optional<ByteBuffer> left(int type, long nanos) throws IOException {
        while (true) {
            int length = far.read(seen);
            if (length == 0) {
                if (!farPoll.await(nanos)) {
                    return Optional.empty();
                }
            } else {
                ByteBuffer frame = ByteBuffer.wrap(seen.asSlice(0, length).toArray(JAVA_BYTE));
                if (Short.toUnsignedInt(frame.getShort(12)) == type) {
                    return Optional.of(frame);
                }
            }
        }
    }

    /// The numbers of the next frames that left.
    List<Long> numbersLeft(int count) throws IOException {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(left(TEST).getLong(22));
        }
        return numbers;
    }

    /// Whether no test frame is there; a TAP device hands frames on at once, so none is under way.
    boolean nothingLeft() throws IOException {
        return left(TEST, 0).isEmpty();
    }

    @Override
    public void close() throws IOException {
        port.close();
        guest.close();
        farPoll.close();
        far.close();
        arena.close();
        namespace.close();
    }
}
