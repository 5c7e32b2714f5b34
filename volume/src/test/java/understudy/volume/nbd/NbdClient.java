package understudy.volume.nbd;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/// A client that says exactly what a test wants, right or wrong.
final class NbdClient implements AutoCloseable {

    /// @param type   of the last chunk; −1 for a simple reply
    /// @param chunks how many there were; 0 for a simple reply
    /// @param data   of all chunks together
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Reply(long cookie, int type, int error, int chunks, byte[] data) {}

    /// The chunks of a reply that has not ended.
    private static final class Begun {
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();
        private int chunks;
        private long end;
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record OptionReply(int option, int type, byte[] data) {

        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    private final SocketChannel channel;
    private final Map<Long, Integer> readLengths = new ConcurrentHashMap<>();
    private final Map<Long, Begun> begun = new ConcurrentHashMap<>();
    private final int handshakeFlags;

    private NbdClient(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        ByteBuffer greeting = receive(18);
        if (greeting.getLong() != Nbd.MAGIC || greeting.getLong() != Nbd.OPTION_MAGIC) {
            throw new IOException("not the greeting of an NBD server");
        }
        handshakeFlags = greeting.getShort();
    }

    /// Connects and reads the greeting.
    static NbdClient greeted(Path socket) throws IOException {
        return new NbdClient(socket);
    }

    /// Ready for options.
    static NbdClient haggling(Path socket) throws IOException {
        NbdClient client = new NbdClient(socket);
        client.sendRaw(clientFlags(3));
        return client;
    }

    /// Ready for requests.
    static NbdClient ready(Path socket, String export, boolean structured) throws IOException {
        NbdClient client = haggling(socket);
        if (structured) {
            client.option(Nbd.OPT_STRUCTURED_REPLY, new byte[0]);
            client.readOptionReply();
            client.option(Nbd.OPT_SET_META_CONTEXT, contexts(export, "base:allocation"));
            client.readOptionReplies();
        }
        client.option(Nbd.OPT_GO, choice(export));
        List<OptionReply> replies = client.readOptionReplies();
        if (replies.getLast().type() != Nbd.REP_ACK) {
            throw new IOException(replies.getLast().text());
        }
        return client;
    }

    static byte[] clientFlags(int flags) {
        return ByteBuffer.allocate(4).putInt(flags).array();
    }

    static byte[] optionBytes(int option, byte[] data) {
        return ByteBuffer.allocate(16 + data.length)
                .putLong(Nbd.OPTION_MAGIC)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .array();
    }

    /// The data of `NBD_OPT_INFO` and `NBD_OPT_GO`.
    static byte[] choice(String export, int... wanted) {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + name.length + 2 * wanted.length);
        data.putInt(name.length).put(name).putShort((short) wanted.length);
        for (int kind : wanted) {
            data.putShort((short) kind);
        }
        return data.array();
    }

    /// The data of `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`.
    static byte[] contexts(String export, String... queries) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        string(data, export);
        data.writeBytes(ByteBuffer.allocate(4).putInt(queries.length).array());
        for (String query : queries) {
            string(data, query);
        }
        return data.toByteArray();
    }

    private static void string(ByteArrayOutputStream data, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        data.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
        data.writeBytes(bytes);
    }

    static byte[] requestBytes(int flags, int command, long cookie, long offset, int length, byte[] payload) {
        return ByteBuffer.allocate(28 + payload.length)
                .putInt(Nbd.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) command)
                .putLong(cookie)
                .putLong(offset)
                .putInt(length)
                .put(payload)
                .array();
    }

    static byte[] concatenated(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    int handshakeFlags() {
        return handshakeFlags;
    }

    void sendRaw(byte[] bytes) throws IOException {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        while (from.hasRemaining()) {
            channel.write(from);
        }
    }

    void option(int option, byte[] data) throws IOException {
        sendRaw(optionBytes(option, data));
    }

    OptionReply readOptionReply() throws IOException {
        ByteBuffer header = receive(20);
        if (header.getLong() != Nbd.OPTION_REPLY_MAGIC) {
            throw new IOException("not a reply to an option");
        }
        return new OptionReply(
                header.getInt(), header.getInt(), receive(header.getInt()).array());
    }

    /// Up to the one that ends them.
    List<OptionReply> readOptionReplies() throws IOException {
        List<OptionReply> replies = new ArrayList<>();
        do {
            replies.add(readOptionReply());
        } while (replies.getLast().type() > Nbd.REP_ACK);
        return replies;
    }

    /// Notes that a read is under way, of which only the client knows how long its simple reply is.
    void expectRead(long cookie, int length) {
        readLengths.put(cookie, length);
    }

    void read(long cookie, long offset, int length) throws IOException {
        request(0, Nbd.CMD_READ, cookie, offset, length);
    }

    void write(int flags, long cookie, long offset, byte[] payload) throws IOException {
        sendRaw(requestBytes(flags, Nbd.CMD_WRITE, cookie, offset, payload.length, payload));
    }

    void request(int flags, int command, long cookie, long offset, int length) throws IOException {
        if (command == Nbd.CMD_READ) {
            expectRead(cookie, length);
        }
        sendRaw(requestBytes(flags, command, cookie, offset, length, new byte[0]));
    }

    /// The next reply that ends; others may have begun before.
    Reply readReply() throws IOException {
        while (true) {
            int magic = receive(4).getInt();
            if (magic == Nbd.SIMPLE_REPLY_MAGIC) {
                return readSimple();
            }
            if (magic != Nbd.STRUCTURED_REPLY_MAGIC) {
                throw new IOException("not a reply: 0x%x".formatted(magic));
            }
            Optional<Reply> ended = readChunk();
            if (ended.isPresent()) {
                return ended.get();
            }
        }
    }

    private Reply readSimple() throws IOException {
        ByteBuffer rest = receive(12);
        int error = rest.getInt();
        long cookie = rest.getLong();
        Integer length = readLengths.remove(cookie);
        byte[] data = error == 0 && length != null ? receive(length).array() : new byte[0];
        return new Reply(cookie, -1, error, 0, data);
    }

    private Optional<Reply> readChunk() throws IOException {
        ByteBuffer rest = receive(16);
        short flags = rest.getShort();
        int type = Short.toUnsignedInt(rest.getShort());
        long cookie = rest.getLong();
        ByteBuffer payload = receive(rest.getInt());
        int error = type >= 0x8000 ? payload.getInt() : 0;
        Begun reply = begun.computeIfAbsent(cookie, _ -> new Begun());
        if (type == Nbd.REPLY_TYPE_OFFSET_DATA) {
            long offset = payload.getLong();
            if (reply.chunks > 0 && offset != reply.end) {
                throw new IOException("a chunk at %d after one up to %d".formatted(offset, reply.end));
            }
            reply.end = offset + payload.remaining();
        }
        reply.chunks++;
        byte[] data = new byte[payload.remaining()];
        payload.get(data);
        reply.data.writeBytes(data);
        if (flags != Nbd.REPLY_FLAG_DONE) {
            return Optional.empty();
        }
        begun.remove(cookie);
        readLengths.remove(cookie);
        return Optional.of(new Reply(cookie, type, error, reply.chunks, reply.data.toByteArray()));
    }

    /// Reads replies as they come, so that one may go on sending; whoever waits for a reply to fit between two
    /// requests waits for a server that waits for him.
    BlockingQueue<Reply> readInBackground() {
        BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    replies.add(readReply());
                }
            } catch (IOException e) {
                replies.add(new Reply(-1, -1, -1, 0, new byte[0]));
            }
        });
        return replies;
    }

    ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(bytes);
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
        return into.flip();
    }

    /// Whether the server has closed the connection; waits for it or for a byte.
    boolean isAtEnd() throws IOException {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true; // reset, since the server did not want to hear the rest
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
