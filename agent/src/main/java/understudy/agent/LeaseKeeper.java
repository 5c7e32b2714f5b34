package understudy.agent;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import understudy.ledger.Ledger;
import understudy.model.Moment;
import understudy.model.Replica;
import understudy.model.VmId;
import understudy.protocol.LeaseMachine;
import understudy.protocol.LeaseMachine.Effect;
import understudy.protocol.LeaseMachine.Input;
import understudy.protocol.LeaseTiming;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.Step;

/// Keeps this host's leases, as the [LeaseMachine] says, on a thread of its own: nothing that a VM's driver is at
/// may let one run out. While no VM here needs one, the ledger is not asked.
final class LeaseKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
    private static final long TICK_MILLIS = 50;

    /// Answers that wait; more than a ledger that answers has under way.
    private static final int INPUTS_MAX = 1_000;

    private final Replica self;
    private final LeaseTiming timing;
    private final Ledger ledger;
    private final LeaseMachine machine;
    private final Map<VmId, VmLease> leases = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<Input> inputs = new LinkedBlockingQueue<>(INPUTS_MAX);
    private final Thread thread;
    private LeaseMachine.State state;

    LeaseKeeper(Replica self, LeaseTiming timing, Ledger ledger) {
        this.self = self;
        this.timing = timing;
        this.ledger = ledger;
        this.machine = new LeaseMachine(timing);
        this.state = machine.initial(now());
        this.thread = Thread.ofPlatform().daemon().name("leases").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    LeaseTiming timing() {
        return timing;
    }

    /// Of one VM; the same for as long as it exists.
    VmLease of(VmId vm) {
        return leases.computeIfAbsent(vm, _ -> new VmLease());
    }

    void forget(VmId vm) {
        leases.remove(vm);
    }

    /// A VM needs a lease and has none. From any thread; returns at once.
    void missed() {
        var _ = inputs.offer(new Input.LeaseMissed(now()));
    }

    private void run() {
        try {
            while (true) {
                Input input = inputs.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
                if (input != null) {
                    give(input);
                }
                if (leases.values().stream().anyMatch(VmLease::isWanted)) {
                    give(new Input.Tick(now()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void give(Input input) {
        Step<LeaseMachine.State, Effect> step = machine.step(state, input);
        state = step.state();
        for (Effect effect : step.effects()) {
            switch (effect) {
                case Effect.Renew(long number) -> renew(number);
                case Effect.Extend(VmId vm, Moment until) -> of(vm).extend(until);
            }
        }
    }

    private void renew(long number) {
        var _ = ledger.propose(new LedgerCommand.RenewLease(self.host(), self.life()))
                .whenComplete((answer, failure) -> {
                    if (answer instanceof LedgerAnswer.Leased(var active)) {
                        var _ = inputs.offer(new Input.Answered(number, active, now()));
                    } else {
                        LOG.info("{}: the lease is not renewed: {}", self.host(), String.valueOf(failure));
                    }
                });
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
