package understudy.benchmarks.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import understudy.api.Json;

/// QEMU's storage daemon, told what to do (QMP): enough of it to start a mirror. All of it takes [#PATIENCE] at most.
final class Monitor implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(20);

    private final SocketChannel channel;
    private final BufferedReader reader;
    private final Thread watchdog;
    private final long end = System.nanoTime() + PATIENCE.toNanos();

    private Monitor(SocketChannel channel) {
        this.channel = channel;
        this.reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        this.watchdog = Thread.ofVirtual().start(this::closeWhenLate);
    }

    /// The daemon talks to one client at a time, and hangs up on others: also while it has not noticed that the one
    /// who looked whether it listens is gone.
    ///
    /// @throws IOException if it does not listen, or goes on hanging up
    static Monitor connect(Path socket) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            Monitor monitor = new Monitor(channel);
            try {
                monitor.execute("qmp_capabilities", Json.object());
                return monitor;
            } catch (IOException e) {
                monitor.close();
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    private void closeWhenLate() {
        try {
            Thread.sleep(PATIENCE);
            channel.close();
        } catch (InterruptedException | IOException e) {
            // It was in time, or is closed already.
        }
    }

    /// @return what the daemon answers
    /// @throws IOException if it refuses, is gone, or is late
    JsonNode execute(String command, ObjectNode arguments) throws IOException {
        ObjectNode request = Json.object().put("execute", command);
        request.set("arguments", arguments);
        ByteBuffer bytes = ByteBuffer.wrap((Json.line(request) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        while (true) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("the storage daemon closed its monitor");
            }
            JsonNode answer = Json.tree(line.getBytes(StandardCharsets.UTF_8));
            if (answer.has("error")) {
                throw new IOException(command + ": " + answer.get("error"));
            }
            if (answer.has("return")) {
                return answer.get("return");
            }
        }
    }

    /// Waits until both disks are equal and the job keeps them so.
    void awaitJobReady(String job) throws IOException {
        while (true) {
            for (JsonNode it : execute("query-block-jobs", Json.object())) {
                if (it.path("device").asString("").equals(job)
                        && it.path("ready").asBoolean(false)) {
                    return;
                }
            }
            if (System.nanoTime() > end) {
                throw new IOException("the mirror did not become ready");
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    @Override
    public void close() throws IOException {
        watchdog.interrupt();
        channel.close();
    }
}
