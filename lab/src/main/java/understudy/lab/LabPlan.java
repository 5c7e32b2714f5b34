package understudy.lab;

/// What lab is wanted.
///
/// @param hosts     1 to 16
/// @param witnesses 0 to 3
public record LabPlan(int hosts, int witnesses, NodeProgram program) {
    public LabPlan {
        Topology.of(hosts, witnesses);
    }

    /// Two hosts and a witness that run the agent as it is built.
    ///
    /// @throws understudy.model.Problem.Refused if it is not built
    public static LabPlan usual() {
        return new LabPlan(2, 1, NodeProgram.agent(Installation.find()));
    }

    public Topology topology() {
        return Topology.of(hosts, witnesses);
    }
}
