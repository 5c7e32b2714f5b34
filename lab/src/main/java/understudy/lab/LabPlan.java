package understudy.lab;

/// What lab is wanted.
///
/// @param hosts     1 to 16
/// @param witnesses 0 to 3
/// @param options   what all agents are told
public record LabPlan(int hosts, int witnesses, NodeProgram program, AgentOptions options) {
    public LabPlan {
        Topology.of(hosts, witnesses);
    }

    /// With agents that decide everything themselves.
    public LabPlan(int hosts, int witnesses, NodeProgram program) {
        this(hosts, witnesses, program, AgentOptions.NONE);
    }

    /// Two hosts and a witness that run the agent as it is built.
    ///
    /// @throws understudy.model.Problem.Refused if it is not built
    public static LabPlan usual() {
        return new LabPlan(2, 1, NodeProgram.agent(Installation.find()));
    }

    public LabPlan with(AgentOptions others) {
        return new LabPlan(hosts, witnesses, program, others);
    }

    public Topology topology() {
        return Topology.of(hosts, witnesses);
    }
}
