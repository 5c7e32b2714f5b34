package understudy.simulator;

import java.util.SortedMap;
import java.util.TreeMap;
import understudy.model.Moment;
import understudy.model.VmId;
import understudy.protocol.LeaseMachine;
import understudy.protocol.LeaseMachine.Effect;
import understudy.protocol.LeaseMachine.Input;
import understudy.protocol.LeaseTiming;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;

/// The leases of one life of an agent, on its host's own clock.
final class Leases {
    private final Cluster cluster;
    private final Agent agent;
    private final LeaseTiming timing;
    private final LeaseMachine machine;
    private LeaseMachine.State state;

    Leases(Cluster cluster, Agent agent) {
        this.cluster = cluster;
        this.agent = agent;
        this.timing = cluster.options().timing().lease();
        this.machine = new LeaseMachine(timing);
        this.state = machine.initial(agent.host().now());
    }

    boolean isLeased(VmId vm) {
        return state.isLeased(vm, agent.host().now());
    }

    void tick() {
        give(new Input.Tick(agent.host().now()));
    }

    /// A VM here needs a lease and has none.
    void missed() {
        give(new Input.LeaseMissed(agent.host().now()));
    }

    private void give(Input input) {
        var step = machine.step(state, input);
        state = step.state();
        for (Effect effect : step.effects()) {
            switch (effect) {
                case Effect.Renew(long number) -> renew(number);
                case Effect.Extend _ -> {}
            }
        }
    }

    private void renew(long number) {
        LedgerCommand command = new LedgerCommand.RenewLease(agent.host().name(), agent.life());
        cluster.ledger()
                .ask(
                        agent.host(),
                        command,
                        answer -> agent.host().inLife(agent.life(), () -> {
                            if (answer instanceof LedgerAnswer.Leased(var active)) {
                                Moment now = agent.host().now();
                                if (cluster.options().mutation() == Mutation.LEASE_FROM_ANSWER) {
                                    SortedMap<Long, Moment> asked = new TreeMap<>(state.asked());
                                    asked.replace(number, now);
                                    state = new LeaseMachine.State(asked, state.askAt(), state.until(), state.asks());
                                }
                                give(new Input.Answered(number, active, now));
                            }
                        }));
    }
}
