package understudy.simulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import understudy.model.HostName;
import understudy.model.Life;

/// A machine with an agent: power, and the one process of ours on it. The witness is no more than this.
class Node {
    private final HostName name;
    private final Schedule schedule;
    private boolean powered;
    private boolean paused;
    private Optional<Life> life = Optional.empty();
    private final Deque<Runnable> backlog = new ArrayDeque<>();

    Node(HostName name, Schedule schedule) {
        this.name = name;
        this.schedule = schedule;
    }

    final HostName name() {
        return name;
    }

    final Schedule schedule() {
        return schedule;
    }

    final boolean isPowered() {
        return powered;
    }

    final boolean isPaused() {
        return paused;
    }

    /// The life of the agent that is there, paused or not.
    final Optional<Life> life() {
        return life;
    }

    final boolean isLife(Life which) {
        return life.equals(Optional.of(which));
    }

    final boolean isResponsive() {
        return powered && life.isPresent() && !paused;
    }

    void powerOn() {
        powered = true;
    }

    void powerOff() {
        killAgent();
        powered = false;
    }

    void startAgent(Life next) {
        life = Optional.of(next);
        paused = false;
    }

    void killAgent() {
        life = Optional.empty();
        paused = false;
        backlog.clear();
    }

    final void pauseAgent() {
        paused = life.isPresent();
    }

    /// The agent wakes, and finds in its sockets and timers what came meanwhile.
    final void wakeAgent() {
        paused = false;
        while (!backlog.isEmpty() && !paused) {
            backlog.removeFirst().run();
        }
    }

    /// Lets this life of the agent do something now, or when it wakes; nothing, if it is over.
    final void inLife(Life which, Runnable action) {
        if (!isLife(which)) {
            return;
        }
        if (paused) {
            backlog.add(action);
        } else {
            action.run();
        }
    }

    /// The same, after a delay.
    final void inLife(Life which, long delayNanos, Runnable action) {
        schedule.after(delayNanos, () -> inLife(which, action));
    }
}
