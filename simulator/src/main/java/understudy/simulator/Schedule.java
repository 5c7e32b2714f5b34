package understudy.simulator;

import java.util.PriorityQueue;
import understudy.model.Moment;

/// Virtual time: what is to happen, in the order of its moments, and of its making where these are equal.
final class Schedule {
    static final long MILLISECOND = 1_000_000L;
    static final long SECOND = 1_000 * MILLISECOND;

    /// Far more than one run has waiting at a time; a run that reaches it has a loop.
    private static final int EVENTS_MAX = 200_000;

    private record Event(long at, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowNanos;
    private long made;

    long nowNanos() {
        return nowNanos;
    }

    Moment now() {
        return new Moment(nowNanos);
    }

    void after(long delayNanos, Runnable action) {
        if (delayNanos < 0 || events.size() >= EVENTS_MAX) {
            throw new IllegalStateException(delayNanos + " ns from now, " + events.size() + " events waiting");
        }
        events.add(new Event(nowNanos + delayNanos, made++, action));
    }

    /// Lets the next thing happen; false if there is none.
    boolean step() {
        Event event = events.poll();
        if (event == null) {
            return false;
        }
        nowNanos = event.at;
        event.action.run();
        return true;
    }
}
