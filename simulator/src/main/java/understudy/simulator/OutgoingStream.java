package understudy.simulator;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import understudy.model.Moment;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.protocol.EpochSender;
import understudy.protocol.Step;
import understudy.protocol.ViewInput;

/// The active's end of a stream of epochs: a first copy, then captures when the epoch machine wants them.
final class OutgoingStream {
    /// Epochs that travel at a time.
    private static final int IN_FLIGHT_MAX = 4;

    /// Silence of the standby after which the stream counts as broken.
    private static final long SILENCE_MAX = Schedule.SECOND;

    /// How long the disks may take to answer what the guest asked for before its first epoch.
    private static final long SETTLE_MAX = 2 * Schedule.SECOND;

    /// How much later the epoch of an idle guest is made: it would be empty, and there may be thousands.
    private static final long IDLE_WAITS = 2 * Schedule.SECOND;

    private final Cluster cluster;
    private final VmDriver driver;
    private final Replica standby;
    private final long view;
    private final UUID id;
    private final EpochSender sender;
    private EpochSender.State state;
    private Optional<Connection> connection = Optional.empty();
    private Optional<IncomingStream> far = Optional.empty();
    private boolean begun;
    private boolean capturing;
    private boolean last;
    private boolean lastCaptured;
    private boolean closed;
    private long planned;
    private long heardAt;

    OutgoingStream(Cluster cluster, VmDriver driver, Replica standby, long view) {
        this.cluster = cluster;
        this.driver = driver;
        this.standby = standby;
        this.view = view;
        this.id = cluster.dice().uuid();
        Policy policy = driver.spec().policy();
        this.sender = new EpochSender(policy.pausedShareMax(), policy.period(), IN_FLIGHT_MAX);
        this.state = sender.initial(now());
        this.heardAt = now().nanos();
    }

    UUID id() {
        return id;
    }

    long view() {
        return view;
    }

    Replica self() {
        return driver.agent().replica();
    }

    void start() {
        Host other = cluster.host(standby.host());
        boolean there = cluster.network().talk(driver.agent().host(), other) && other.isLife(standby.life());
        driver.later(cluster.dice().millis(1, there ? 10 : 300), () -> {
            Optional<Agent> peer = other.agent().filter(it -> it.life().equals(standby.life()));
            if (there && peer.isPresent() && !closed) {
                offer(other, peer.get());
            } else {
                broken();
            }
        });
    }

    private void offer(Host other, Agent peer) {
        Connection made = driver.agent().connect(other);
        connection = Optional.of(made);
        made.onBroken(driver.agent().host(), this::broken);
        VmDriver standbyDriver = peer.driver(driver.spec());
        IncomingStream incoming = new IncomingStream(cluster, standbyDriver, this, made);
        far = Optional.of(incoming);
        made.send(driver.agent().host(), () -> standbyDriver.offered(incoming));
    }

    void accepted() {
        driver.later(cluster.dice().millis(20, 300), () -> {
            if (!closed) {
                state = sender.initial(now());
                keepAside();
            }
        });
        heard();
    }

    /// What an earlier stream left is drained first.
    private void keepAside() {
        if (closed) {
            return;
        }
        if (driver.isSettlingDisks()) {
            driver.later(Schedule.MILLISECOND, this::keepAside);
            return;
        }
        driver.gate().gate();
        driver.aside().begin();
        captureWhenSettled(now().nanos() + SETTLE_MAX);
    }

    /// The guest runs on until its disks have answered what it asked for before.
    private void captureWhenSettled(long until) {
        Optional<Guest> guest = driver.guest();
        if (closed || guest.isEmpty()) {
            return;
        }
        heard();
        if (isSettled(guest.get())) {
            begun = true;
            capture(1);
        } else if (now().nanos() > until) {
            broken();
        } else {
            driver.later(Schedule.MILLISECOND, () -> captureWhenSettled(until));
        }
    }

    private void heard() {
        heardAt = now().nanos();
    }

    private void broken() {
        if (!closed) {
            driver.broken();
        }
    }

    /// Called at every tick of the agent.
    void check() {
        boolean waiting = !begun || state.inFlight() > 0;
        if (!closed && waiting && now().nanos() - heardAt > SILENCE_MAX) {
            broken();
        }
    }

    void outputWaited() {
        step(new EpochSender.Input.OutputWaited());
    }

    void makeLast() {
        last = true;
        driver.guest().ifPresent(Guest::pause);
        if (!capturing) {
            capture(state.next());
        }
    }

    private void capture(long epoch) {
        Optional<Guest> guest = driver.guest();
        capturing = true;
        if (guest.isEmpty() || closed || lastCaptured) {
            return;
        }
        guest.get().pause();
        long pause = cluster.dice().millis(0.3, 8);
        driver.later(pause, () -> captured(guest.get(), epoch, pause));
    }

    /// QEMU lets the guest stand still only when nothing that it asked of its disks is under way.
    private boolean isSettled(Guest guest) {
        return !guest.isWaitingForDisks() && !driver.aside().isDraining();
    }

    private void captured(Guest guest, long epoch, long pause) {
        if (guest.isAlive() && !closed && !isSettled(guest)) {
            driver.later(Schedule.MILLISECOND, () -> captured(guest, epoch, pause));
            return;
        }
        capturing = false;
        if (!guest.isAlive() || closed) {
            if (!last) {
                guest.goOn();
            }
            return;
        }
        driver.gate().seal(epoch);
        Epoch end = new Epoch(guest.now(), driver.aside().seal(epoch), guest.memory());
        lastCaptured = last;
        if (!last) {
            guest.goOn();
        }
        if (state.inFlight() == 0) {
            heard();
        }
        step(new EpochSender.Input.Captured(now(), Duration.ofNanos(pause)));
        send(epoch, end);
    }

    private void send(long epoch, Epoch end) {
        boolean sound = !cluster.faultsGoOn() || !cluster.dice().chance(0.0005);
        Host host = driver.agent().host();
        connection.ifPresent(it -> far.ifPresent(incoming -> {
            it.send(host, () -> incoming.begins(epoch));
            it.send(host, () -> incoming.arrived(id, view, epoch, end, sound));
        }));
        if (cluster.options().mutation() == Mutation.RELEASE_AT_CAPTURE) {
            driver.gate().release(epoch);
        }
    }

    /// The standby need not apply this segment any more, nor those before it.
    void tellApplied(long segment) {
        connection.ifPresent(
                it -> far.ifPresent(incoming -> it.send(driver.agent().host(), () -> incoming.applied(segment))));
    }

    void told(long segment) {
        if (!closed) {
            heard();
            driver.aside().told(segment);
        }
    }

    void confirmed(long epoch) {
        if (closed) {
            return;
        }
        heard();
        step(new EpochSender.Input.Confirmed(epoch));
        if (epoch == 1) {
            driver.give(new ViewInput.CopyCommitted(standby));
        }
        if (lastCaptured && epoch == state.next() - 1) {
            driver.give(new ViewInput.LastEpochCommitted());
        }
    }

    private void step(EpochSender.Input input) {
        Step<EpochSender.State, EpochSender.Effect> step = sender.step(state, input);
        state = step.state();
        for (EpochSender.Effect effect : step.effects()) {
            switch (effect) {
                case EpochSender.Effect.Capture(long epoch) -> capture(epoch);
                case EpochSender.Effect.Release(long epoch) -> driver.aside().committed(epoch);
                case EpochSender.Effect.Break _ -> broken();
            }
        }
        plan();
    }

    /// A timer for the next capture; a later plan replaces it.
    private void plan() {
        long plan = ++planned;
        if (begun && !capturing && !last && !closed && sender.mayCapture(state)) {
            long idle = cluster.isBusy(driver.vm()) ? 0 : IDLE_WAITS;
            long wait = idle + Math.max(0, sender.due(state).since(now()).toNanos());
            driver.later(wait, () -> {
                if (plan == planned && !capturing && !last && !closed) {
                    step(new EpochSender.Input.Tick(now()));
                }
            });
        }
    }

    void close() {
        closed = true;
        connection.ifPresent(it -> it.close(driver.agent().host()));
    }

    private Moment now() {
        return cluster.schedule().now();
    }
}
