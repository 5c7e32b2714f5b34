package understudy.network;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A listener that writes down what it is told.
final class Heard implements Listener {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    volatile boolean mayLeave = true;

    @Override
    public boolean mayLeave() {
        return mayLeave;
    }

    @Override
    public void outputWaiting() {
        events.add("waiting");
    }

    @Override
    public void outputFull() {
        events.add("full");
    }

    @Override
    public void guestGone(String reason) {
        events.add("gone: " + reason);
    }

    @Override
    public void uplinkFailed(String reason) {
        events.add("failed: " + reason);
    }

    /// What was told next, waiting for it.
    String next() throws InterruptedException {
        String event = events.poll(20, TimeUnit.SECONDS);
        return event == null ? "nothing within 20 s" : event;
    }

    boolean isEmpty() {
        return events.isEmpty();
    }
}
