package understudy.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A server of one client that greets as told and answers each command as told.
final class FakeQmpServer implements AutoCloseable {
    static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\n";

    private final Path directory;
    private final ServerSocketChannel server;

    /// @param answer the bytes to be sent after a command; empty: the connection is closed
    FakeQmpServer(byte[] greeting, Function<JsonNode, byte[]> answer) throws IOException {
        directory = Files.createTempDirectory("fq");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
        Thread.ofVirtual().start(() -> serve(greeting, answer));
    }

    Path socket() {
        return directory.resolve("s");
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// What a QEMU would answer that agrees to everything.
    static byte[] agree(JsonNode command) {
        return bytes("{\"return\": {}, \"id\": " + command.path("id") + "}\n");
    }

    private void serve(byte[] greeting, Function<JsonNode, byte[]> answer) {
        try (SocketChannel client = server.accept()) {
            send(client, greeting);
            JsonLines lines = new JsonLines(client, JsonMapper.shared());
            while (true) {
                byte[] bytes = answer.apply(lines.next());
                if (bytes.length == 0) {
                    return;
                }
                send(client, bytes);
            }
        } catch (IOException e) {
            // The client went away: a test's end.
        }
    }

    private static void send(SocketChannel client, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            client.write(buffer);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket());
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
