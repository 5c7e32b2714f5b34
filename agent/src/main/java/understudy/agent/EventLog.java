package understudy.agent;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.api.Event;
import understudy.api.Event.Severity;
import understudy.model.HostName;
import understudy.model.VmName;

/// What happened in the cluster, as far as this agent was told: the newest ten thousand events, numbered here.
///
/// Threads: any.
final class EventLog {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private static final int KEPT_MAX = 10_000;

    private final HostName self;
    private final ArrayDeque<Event> kept = new ArrayDeque<>();
    private final List<Consumer<Event>> followers = new CopyOnWriteArrayList<>();

    /// Begins at the time in microseconds, so that numbers go up over restarts of the agent, too: whoever
    /// follows events drops smaller ones.
    private long sequence = System.currentTimeMillis() * 1000;

    EventLog(HostName self) {
        this.self = self;
    }

    /// Records something that was noticed here.
    Event happened(Optional<VmName> vm, String kind, Severity severity, String text) {
        Event event = add(Instant.now(), self, vm, kind, severity, text);
        String subject = vm.map(name -> self + "/" + name).orElse(self.value());
        switch (severity) {
            case INFO -> LOG.info("{}: {}", subject, text);
            case WARNING -> LOG.warn("{}: {}", subject, text);
            case ERROR -> LOG.error("{}: {}", subject, text);
        }
        return event;
    }

    /// Records what another host noticed; it is numbered anew.
    void told(Event event) {
        add(event.time(), event.host(), event.vm(), event.kind(), event.severity(), event.text());
    }

    private synchronized Event add(
            Instant time, HostName host, Optional<VmName> vm, String kind, Severity severity, String text) {
        Event event = new Event(++sequence, time, host, vm, kind, severity, text);
        kept.addLast(event);
        if (kept.size() > KEPT_MAX) {
            kept.removeFirst();
        }
        followers.forEach(follower -> follower.accept(event));
        return event;
    }

    synchronized List<Event> after(long number, int limit) {
        List<Event> found = new ArrayList<>();
        for (Event event : kept) {
            if (event.sequence() > number && found.size() < limit) {
                found.add(event);
            }
        }
        return found;
    }

    /// @param follower called under the log's lock, in order: it must not wait
    AutoCloseable follow(Consumer<Event> follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }
}
