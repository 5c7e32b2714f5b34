package understudy.api;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import understudy.model.Problem;

/// Follows the cluster's events over connections that break and agents that die.
///
/// Sequence numbers mean something only to the agent that gave them. So after a change of agent everything that
/// the new one still keeps is read, and what is not younger than the last event handed over is left out.
final class EventFollower {
    /// An agent says something every five seconds, if only that it lives.
    private static final Duration SILENCE_MAX = Duration.ofSeconds(15);

    private static final Duration GIVE_UP_AFTER = Duration.ofSeconds(30);
    private static final Duration RETRY_MIN = Duration.ofMillis(100);
    private static final Duration RETRY_MAX = Duration.ofSeconds(2);

    private final ApiClient client;
    private final Consumer<Event> consumer;
    private final AtomicLong lastHeard = new AtomicLong(System.nanoTime());
    private long last;
    private Instant lastTime = Instant.MIN;
    private int agent = -1;

    EventFollower(ApiClient client, long after, Consumer<Event> consumer) {
        this.client = client;
        this.last = after;
        this.consumer = consumer;
    }

    void run() {
        Duration pause = RETRY_MIN;
        while (!Thread.currentThread().isInterrupted()) {
            long before = lastHeard.get();
            try {
                connectAndRead();
            } catch (Problem.Refused refused) {
                if (isFinal(refused.problem())) {
                    throw refused;
                }
            }
            pause = lastHeard.get() == before ? doubled(pause) : RETRY_MIN;
            try {
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Duration doubled(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(RETRY_MAX) < 0 ? twice : RETRY_MAX;
    }

    private boolean isFinal(Problem problem) {
        boolean mayPass =
                problem.code().equals(ApiClient.NO_CLUSTER) || problem.code().equals("too-many-followers");
        return !mayPass || System.nanoTime() - lastHeard.get() > GIVE_UP_AFTER.toNanos();
    }

    private void connectAndRead() {
        ApiClient.Answer<InputStream> answer = connect(last);
        if (agent >= 0 && answer.agent() != agent) {
            close(answer.response().body());
            answer = connect(0);
        }
        boolean isOther = agent >= 0 && answer.agent() != agent;
        agent = answer.agent();
        HttpResponse<InputStream> response = answer.response();
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                throw ApiClient.refusal(response.statusCode(), body.readNBytes(1 << 20))
                        .refused();
            }
            heard();
            read(body, isOther ? lastTime : Instant.MIN);
        } catch (IOException e) {
            // The connection broke, or was cut because it was silent: the caller connects again.
            return;
        }
    }

    private ApiClient.Answer<InputStream> connect(long after) {
        ApiClient.Call call = new ApiClient.Call("GET", "/events?after=" + after, SILENCE_MAX, BodyPublishers::noBody)
                .with("Accept", "text/event-stream");
        return client.exchange(call, BodyHandlers.ofInputStream());
    }

    private void read(InputStream body, Instant notBefore) throws IOException {
        Thread watch = Thread.startVirtualThread(() -> cutWhenSilent(body));
        try {
            EventStreamReader reader = new EventStreamReader(new BufferedInputStream(body), this::heard);
            for (var event = reader.next(); event.isPresent(); event = reader.next()) {
                handOver(event.orElseThrow(), notBefore);
            }
        } finally {
            watch.interrupt();
        }
    }

    private void handOver(Event event, Instant notBefore) {
        last = event.sequence();
        if (event.time().isAfter(notBefore)) {
            lastTime = event.time();
            consumer.accept(event);
        }
    }

    private void heard() {
        lastHeard.set(System.nanoTime());
    }

    /// A host that loses its power says nothing, and reading has no time-out of its own.
    private void cutWhenSilent(InputStream body) {
        try {
            while (System.nanoTime() - lastHeard.get() < SILENCE_MAX.toNanos()) {
                TimeUnit.SECONDS.sleep(1);
            }
            close(body);
        } catch (InterruptedException e) {
            // The stream ended by itself.
            return;
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // It was to be thrown away.
            return;
        }
    }
}
