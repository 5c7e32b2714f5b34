package understudy.qemu;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A client of one QEMU's control socket (QEMU Machine Protocol, `docs/interop/qmp-spec` of QEMU: JSON
/// lines).
///
/// Any thread may issue commands. In-band commands are carried out one after the other in QEMU's main loop,
/// in the order in which they were sent; out-of-band ones overtake them. A platform thread reads: a
/// checkpoint waits for its answers, and a virtual thread's wake-up would stand behind whatever else the
/// carriers do.
///
/// The connection ends once: by [#close], when QEMU dies, or when something other than QMP arrives. Then
/// every waiter fails at once, and so does every later command. QEMU itself does not mind and listens again.
public final class Qmp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Qmp.class);
    /// Commands without an answer at one time; more are refused. QEMU itself queues 8 and then stops reading.
    private static final int PENDING_MAX = 64;

    private static final JsonMapper MAPPER = JsonMapper.shared();

    /// How every message ends.
    private static final byte[] LAST = {'}', '\n'};

    private final SocketChannel channel;
    private final JsonLines lines;
    private final CopyOnWriteArrayList<Consumer<QmpEvent>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong lastId = new AtomicLong();
    private final ConcurrentHashMap<Long, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final AtomicReference<Optional<QmpException>> end = new AtomicReference<>(Optional.empty());
    private final CompletableFuture<QmpException> ended = new CompletableFuture<>();
    private final Object writing = new Object();
    private boolean primed;

    private Qmp(SocketChannel channel, Consumer<QmpEvent> listener) {
        this.channel = channel;
        this.lines = new JsonLines(channel, MAPPER);
        this.listeners.add(listener);
    }

    /// Connects and negotiates capabilities (`oob`, where QEMU offers it).
    ///
    /// @param timeout  for the negotiation; QEMU serves one client at a time, so a second one waits this long
    ///                 in vain
    /// @param listener called for each event by the reader thread, in order: it must not wait for a command's
    ///                 answer, and what it throws is logged and dropped
    /// @throws QmpException if nobody listens there, in time
    public static Qmp connect(Path socket, Duration timeout, Consumer<QmpEvent> listener) throws QmpException {
        SocketChannel channel;
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        } catch (IOException e) {
            throw disconnected("no QMP socket can be made", e);
        }
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            closeQuietly(channel);
            throw disconnected("no QEMU answers at " + socket, e);
        }
        Qmp qmp = new Qmp(channel, listener);
        qmp.negotiate(socket, timeout);
        return qmp;
    }

    private void negotiate(Path socket, Duration timeout) throws QmpException {
        CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("qmp " + socket.getFileName()).start(() -> read(greeting));
        try {
            JsonNode hello = await("greeting from " + socket, greeting, timeout);
            boolean oob = false;
            for (JsonNode capability : hello.path("QMP").path("capabilities")) {
                oob |= capability.asString("").equals("oob");
            }
            execute("qmp_capabilities", Map.of("enable", oob ? List.of("oob") : List.of()), timeout);
        } catch (QmpException e) {
            close();
            throw e;
        }
    }

    /// Carries out a command and waits for its result.
    ///
    /// @param arguments what Jackson can write: strings, numbers, booleans, lists, maps, records
    /// @return the value of `return`
    public JsonNode execute(String command, Map<String, ?> arguments, Duration timeout) throws QmpException {
        return awaitAnswer(command, submit("execute", command, arguments), timeout);
    }

    public JsonNode execute(String command, Duration timeout) throws QmpException {
        return execute(command, Map.of(), timeout);
    }

    /// Like [#execute], but overtakes all in-band commands; QEMU allows it for a few (`migrate-pause`,
    /// `yank`, …).
    public JsonNode executeOutOfBand(String command, Map<String, ?> arguments, Duration timeout) throws QmpException {
        return awaitAnswer(command, submit("exec-oob", command, arguments), timeout);
    }

    /// Issues a command. The result completes on the reader thread, exceptionally with a [QmpException]; it
    /// does so at the latest when the connection ends.
    public CompletableFuture<JsonNode> executeAsync(String command, Map<String, ?> arguments) {
        return submit("execute", command, arguments).answer();
    }

    /// Sends a command up to its last byte, which [Primed#issue] then sends.
    ///
    /// QEMU reads its control sockets byte by byte, and takes about 5 µs for each: a command of 160 bytes begins
    /// 0.8 ms after it was sent. One that must begin at once is primed in time. Until it is issued, no other can
    /// be sent on this connection.
    ///
    /// @throws QmpException          if the connection has ended
    /// @throws IllegalStateException if another command is primed
    public Primed prime(String command, Map<String, ?> arguments) throws QmpException {
        long id = lastId.incrementAndGet();
        byte[] line = message("execute", command, arguments, id);
        synchronized (writing) {
            refuseWhilePrimed();
            primed = true;
            try {
                write(Arrays.copyOf(line, line.length - LAST.length));
            } catch (IOException e) {
                finish(disconnected("QEMU's QMP socket takes no more", e));
            }
        }
        if (end.get().isPresent()) {
            throw end.get().get().again(command);
        }
        return new Primed(command, id);
    }

    private void refuseWhilePrimed() {
        if (primed) {
            throw new IllegalStateException("a primed command has not been issued yet");
        }
    }

    /// A command that QEMU has all of but the last byte.
    public final class Primed {
        private final String command;
        private final long id;

        private Primed(String command, long id) {
            this.command = command;
            this.id = id;
        }

        /// Lets it begin, once. The result completes as with [#executeAsync].
        public CompletableFuture<JsonNode> issue() {
            CompletableFuture<JsonNode> answer = new CompletableFuture<>();
            pending.put(id, answer);
            synchronized (writing) {
                primed = false;
                try {
                    write(LAST);
                } catch (IOException e) {
                    finish(disconnected("QEMU's QMP socket takes no more", e));
                }
            }
            end.get().ifPresent(reason -> fail(id, reason.again(command)));
            return answer;
        }
    }

    /// A command of the human monitor: for what QMP does not tell. Its text has no stable form, and errors
    /// come as text.
    public String humanMonitor(String line, Duration timeout) throws QmpException {
        return execute("human-monitor-command", Map.of("command-line", line), timeout)
                .asString("");
    }

    /// Adds a listener, under the same rules as the one given to [#connect], until the subscription is
    /// closed.
    public Subscription subscribe(Consumer<QmpEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /// A listener's stay.
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /// Completes, with the reason, when the connection has ended.
    public CompletableFuture<QmpException> ended() {
        return ended.copy();
    }

    /// Ends the connection; QEMU lives on. Waits for nothing.
    @Override
    public void close() {
        finish(new QmpException(QmpException.Kind.DISCONNECTED, "the QMP connection was closed on our side"));
    }

    private record Issued(long id, CompletableFuture<JsonNode> answer) {}

    private Issued submit(String verb, String command, Map<String, ?> arguments) {
        long id = lastId.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        if (pending.size() >= PENDING_MAX) {
            answer.completeExceptionally(new QmpException(
                    QmpException.Kind.REFUSED, command + ": " + PENDING_MAX + " commands wait for QEMU already"));
            return new Issued(id, answer);
        }
        synchronized (writing) {
            refuseWhilePrimed();
            pending.put(id, answer);
            try {
                write(message(verb, command, arguments, id));
            } catch (IOException e) {
                finish(disconnected("QEMU's QMP socket takes no more", e));
            }
        }
        // Whoever ends the connection fails what is pending then; what was added later is failed here.
        end.get().ifPresent(reason -> fail(id, reason.again(command)));
        return new Issued(id, answer);
    }

    private static byte[] message(String verb, String command, Map<String, ?> arguments, long id) {
        ObjectNode message = MAPPER.createObjectNode().put(verb, command);
        if (!arguments.isEmpty()) {
            message.set("arguments", MAPPER.valueToTree(arguments));
        }
        byte[] json = MAPPER.writeValueAsBytes(message.put("id", id));
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private JsonNode awaitAnswer(String command, Issued issued, Duration timeout) throws QmpException {
        try {
            return await(command, issued.answer(), timeout);
        } finally {
            pending.remove(issued.id());
        }
    }

    private static JsonNode await(String what, CompletableFuture<JsonNode> answer, Duration timeout)
            throws QmpException {
        try {
            return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof QmpException reason) {
                throw reason.again(what);
            }
            throw new IllegalStateException(e);
        } catch (TimeoutException e) {
            throw new QmpException(
                    QmpException.Kind.TIMED_OUT, what + ": QEMU did not answer within " + timeout.toMillis() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QmpException(QmpException.Kind.TIMED_OUT, what + ": interrupted while waiting for QEMU");
        }
    }

    private void read(CompletableFuture<JsonNode> greeting) {
        QmpException reason;
        try {
            JsonNode hello = lines.next();
            if (!hello.path("QMP").isObject()) {
                throw new QmpException(QmpException.Kind.GARBAGE, "not QMP: no greeting came first");
            }
            greeting.complete(hello);
            while (true) {
                dispatch(lines.next());
            }
        } catch (QmpException e) {
            reason = e;
        } catch (IOException e) {
            reason = disconnected("QEMU is gone", e);
        }
        finish(reason);
        greeting.completeExceptionally(reason);
    }

    private void dispatch(JsonNode message) throws QmpException {
        if (message.has("event")) {
            tell(QmpEvent.of(message));
        } else if (message.has("return")) {
            answerTo(message).ifPresent(answer -> answer.complete(message.path("return")));
        } else if (message.has("error")) {
            JsonNode error = message.path("error");
            QmpException refusal = new QmpException(
                    QmpException.Kind.REFUSED,
                    error.path("class").asString(""),
                    error.path("desc").asString(""));
            if (!message.has("id")) {
                throw refusal; // QEMU could not read what we wrote: nobody knows which command that was
            }
            answerTo(message).ifPresent(answer -> answer.completeExceptionally(refusal));
        } else {
            throw new QmpException(QmpException.Kind.GARBAGE, "not QMP: a message without event, return or error");
        }
    }

    /// Empty for a command that is no longer waited for.
    private Optional<CompletableFuture<JsonNode>> answerTo(JsonNode message) throws QmpException {
        long id = message.path("id").asLong(0);
        if (id < 1 || id > lastId.get()) {
            throw new QmpException(QmpException.Kind.GARBAGE, "not QMP: an answer to a command that was never sent");
        }
        return Optional.ofNullable(pending.remove(id));
    }

    private void tell(QmpEvent event) {
        for (Consumer<QmpEvent> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.error("a listener failed at QMP event {}", event.name(), e);
            }
        }
    }

    private void finish(QmpException reason) {
        if (!end.compareAndSet(Optional.empty(), Optional.of(reason))) {
            return;
        }
        closeQuietly(channel);
        for (Long id : List.copyOf(pending.keySet())) {
            fail(id, reason);
        }
        ended.complete(reason);
    }

    private void fail(long id, QmpException reason) {
        CompletableFuture<JsonNode> answer = pending.remove(id);
        if (answer != null) {
            answer.completeExceptionally(reason);
        }
    }

    private static QmpException disconnected(String what, IOException cause) {
        String why = cause.getMessage();
        QmpException e = new QmpException(
                QmpException.Kind.DISCONNECTED,
                what + ": " + (why == null ? cause.getClass().getSimpleName() : why));
        e.initCause(cause);
        return e;
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a QMP socket", e);
        }
    }
}
