package understudy.agent.rest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import understudy.api.Event;
import understudy.api.Json;

/// Sends one follower the events as they come (WHATWG HTML, section 9.2: server-sent events).
///
/// A follower that reads too slowly does not hold up the daemon: past a bound of waiting events its stream is
/// ended, and it comes back with the number of the last event that it got.
final class EventStream implements Consumer<Event>, AutoCloseable {
    private static final int WAITING_MAX = 1024;
    private static final int PAGE = 1000;

    /// Followers take a stream that is silent for three times as long as dead.
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);

    /// Empty means the end.
    private final BlockingQueue<Optional<Event>> waiting = new ArrayBlockingQueue<>(WAITING_MAX);

    private volatile boolean ended;
    private long last;

    @Override
    public void accept(Event event) {
        if (!waiting.offer(Optional.of(event))) {
            close();
        }
    }

    /// Ends the stream soon; from any thread.
    @Override
    public void close() {
        ended = true;
        if (!waiting.offer(Optional.empty())) {
            // Full, so the sender is not waiting for more, and sees the flag after its next event.
            return;
        }
    }

    /// Sends until the stream is closed.
    ///
    /// @param after the event after which to begin; without one only new events are sent
    /// @throws IOException when the follower has gone
    void send(Control control, OptionalLong after, OutputStream out) throws IOException {
        out.write(": events of Understudy\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        if (after.isPresent()) {
            sendKept(control, after.getAsLong(), out);
        }
        try {
            sendNew(out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sendKept(Control control, long after, OutputStream out) throws IOException {
        last = after;
        List<Event> page;
        do {
            page = control.events(last, PAGE);
            for (Event event : page) {
                send(event, out);
            }
        } while (page.size() == PAGE && !ended);
    }

    private void sendNew(OutputStream out) throws IOException, InterruptedException {
        while (!ended) {
            Optional<Event> next = take(out);
            if (next.isPresent() && next.orElseThrow().sequence() > last) {
                send(next.orElseThrow(), out);
            }
        }
    }

    private Optional<Event> take(OutputStream out) throws IOException, InterruptedException {
        while (true) {
            Optional<Event> next = Optional.ofNullable(waiting.poll(SIGN_OF_LIFE.toMillis(), TimeUnit.MILLISECONDS))
                    .flatMap(event -> event);
            if (next.isPresent() || ended) {
                return next;
            }
            out.write(": alive\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private void send(Event event, OutputStream out) throws IOException {
        String text = "id: %d\nevent: %s\ndata: %s\n\n".formatted(event.sequence(), event.kind(), Json.line(event));
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        last = event.sequence();
    }
}
