package understudy.systemtests.volume;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A small NBD client (fixed newstyle, simple replies) whose requests are under way as many at a time as its owner
/// likes. One thread uses it; any may close it, which ends a wait.
///
/// After the protocol document of the NBD project.
final class NbdClient implements AutoCloseable {
    /// What a client may ask for, with the number that stands for it.
    enum Command {
        READ(0),
        WRITE(1),
        FLUSH(3),
        WRITE_ZEROES(6);

        private final int number;

        Command(int number) {
            this.number = number;
        }
    }

    /// What came back.
    ///
    /// @param error 0, or what went wrong, by its number in the protocol
    /// @param data  of a read that succeeded; else empty
    record Reply(long cookie, int error, ByteBuffer data) {}

    private static final long GREETING = 0x4e42444d41474943L;
    private static final long OPTIONS = 0x49484156454F5054L;
    private static final long OPTION_REPLY = 0x3e889045565a9L;
    private static final int GO = 7;
    private static final int ACKNOWLEDGED = 1;
    private static final int INFORMATION = 3;
    private static final int REQUEST = 0x25609513;
    private static final int REPLY = 0x67446698;
    private static final int DISCONNECT = 2;
    private static final int DURABLE = 1;
    private static final int HANDSHAKE_FLAGS = 3;
    private static final int OPTION_REPLY_MAX = 1 << 16;
    private static final int OUT_BYTES = 8 << 20;

    private final SocketChannel channel;
    private final Map<Long, Integer> reads = new HashMap<>();
    private final ByteBuffer out = ByteBuffer.allocateDirect(OUT_BYTES);
    private long sizeBytes;

    private NbdClient(SocketChannel channel) {
        this.channel = channel;
    }

    static NbdClient connect(Path socket, String export) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        NbdClient client = new NbdClient(channel);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            client.shakeHands(export);
            return client;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void shakeHands(String export) throws IOException {
        ByteBuffer greeting = receive(18);
        if (greeting.getLong() != GREETING || greeting.getLong() != OPTIONS) {
            throw new IOException("this is no NBD server");
        }
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        out.putInt(HANDSHAKE_FLAGS & greeting.getShort());
        out.putLong(OPTIONS).putInt(GO).putInt(name.length + 6);
        out.putInt(name.length).put(name).putShort((short) 0);
        send();
        while (true) {
            ByteBuffer head = receive(20);
            if (head.getLong() != OPTION_REPLY || head.getInt() != GO) {
                throw new IOException("not the answer to an option");
            }
            int type = head.getInt();
            int length = head.getInt();
            if (length < 0 || length > OPTION_REPLY_MAX) {
                throw new IOException("an answer of %d bytes".formatted(length));
            }
            ByteBuffer data = receive(length);
            if (type == ACKNOWLEDGED) {
                return;
            }
            if (type != INFORMATION) {
                throw new IOException("refused: %x".formatted(type));
            }
            if (data.getShort() == 0) {
                sizeBytes = data.getLong();
            }
        }
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /// Notes a request, to be sent with others.
    ///
    /// @param cookie  names it until it is answered
    /// @param durable whether it is answered only when it survives a loss of power
    /// @param payload of a write, `length` bytes; else empty
    void add(Command command, long cookie, long offset, int length, boolean durable, Optional<ByteBuffer> payload) {
        out.putInt(REQUEST).putShort((short) (durable ? DURABLE : 0)).putShort((short) command.number);
        out.putLong(cookie).putLong(offset).putInt(length);
        payload.ifPresent(out::put);
        if (command == Command.READ) {
            reads.put(cookie, length);
        }
    }

    /// Sends what was noted, in as few pieces as the socket takes it.
    void send() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }

    /// Waits for the next reply, in whatever order they come.
    Reply receive() throws IOException {
        ByteBuffer head = receive(16);
        int magic = head.getInt();
        if (magic != REPLY) {
            throw new IOException("no reply: %x".formatted(magic));
        }
        int error = head.getInt();
        long cookie = head.getLong();
        Optional<Integer> length = Optional.ofNullable(reads.remove(cookie));
        return new Reply(cookie, error, receive(error == 0 ? length.orElse(0) : 0));
    }

    private ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
        return buffer.flip();
    }

    /// Says goodbye, so that the server sees nothing odd.
    void disconnect() throws IOException {
        out.putInt(REQUEST).putShort((short) 0).putShort((short) DISCONNECT);
        out.putLong(0).putLong(0).putInt(0);
        send();
        close();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
