package understudy.simulator;

import java.util.UUID;
import understudy.model.Replica;
import understudy.protocol.EpochReceiver;
import understudy.protocol.Step;
import understudy.protocol.ViewInput;

/// The standby's end of a stream of epochs.
final class IncomingStream {
    private static final EpochReceiver RECEIVER = new EpochReceiver();

    private final Cluster cluster;
    private final VmDriver driver;
    private final OutgoingStream sender;
    private final Connection connection;
    private EpochReceiver.State state = new EpochReceiver.State.Closed();
    private boolean closed;

    IncomingStream(Cluster cluster, VmDriver driver, OutgoingStream sender, Connection connection) {
        this.cluster = cluster;
        this.driver = driver;
        this.sender = sender;
        this.connection = connection;
    }

    Replica active() {
        return sender.self();
    }

    long view() {
        return sender.view();
    }

    void accept() {
        state = RECEIVER.step(state, new EpochReceiver.Input.Opened(sender.id(), view()))
                .state();
        connection.onBroken(driver.agent().host(), this::broken);
        connection.send(driver.agent().host(), sender::accepted);
    }

    private void broken() {
        if (!closed) {
            driver.broken();
        }
    }

    /// The first bytes of an epoch are here.
    void begins(long epoch) {
        if (cluster.options().mutation() == Mutation.CONFIRM_BEFORE_WHOLE && !closed) {
            confirm(epoch);
        }
    }

    void arrived(UUID stream, long view, long epoch, Epoch end, boolean sound) {
        Step<EpochReceiver.State, EpochReceiver.Effect> step =
                RECEIVER.step(state, new EpochReceiver.Input.EpochArrived(stream, view, epoch, sound));
        state = step.state();
        for (EpochReceiver.Effect effect : step.effects()) {
            switch (effect) {
                case EpochReceiver.Effect.Confirm(long number) -> hold(number, end);
                case EpochReceiver.Effect.Apply _ -> {}
                case EpochReceiver.Effect.Refuse _ -> {
                    connection.close(driver.agent().host());
                    broken();
                }
            }
        }
    }

    private void hold(long epoch, Epoch end) {
        driver.agent().host().image(driver.vm()).ifPresent(image -> image.hold(end));
        cluster.observe(new Observation.EpochHeld(driver.vm(), driver.agent().replica(), end.end()));
        if (cluster.options().mutation() != Mutation.CONFIRM_BEFORE_WHOLE) {
            confirm(epoch);
        }
        if (epoch == 1) {
            driver.give(new ViewInput.ImageCompleted());
        }
    }

    /// So many segments are on all disks.
    void applied(long segment) {
        if (!closed) {
            driver.agent().host().image(driver.vm()).ifPresent(image -> image.applied(segment));
            connection.send(driver.agent().host(), () -> sender.told(segment));
        }
    }

    private void confirm(long epoch) {
        connection.send(driver.agent().host(), () -> sender.confirmed(epoch));
    }

    void close() {
        if (cluster.options().mutation() == Mutation.ACCEPT_OLDER_EPOCH) {
            return;
        }
        closed = true;
        state = RECEIVER.step(state, new EpochReceiver.Input.Closed()).state();
        connection.close(driver.agent().host());
    }
}
