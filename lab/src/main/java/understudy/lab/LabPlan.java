package understudy.lab;

import understudy.model.ByteSize;
import understudy.model.Problem;

/// What lab is wanted.
///
/// @param hosts     1 to 16
/// @param witnesses 0 to 3
/// @param sites     over how many sites nodes are spread; see [Topology#siteOf]
/// @param options   what all agents are told
/// @param disk      size of each host's disk for volumes, 64M to 1T; it takes room only as it is written
public record LabPlan(int hosts, int witnesses, int sites, NodeProgram program, AgentOptions options, ByteSize disk) {
    static final ByteSize USUAL_DISK = ByteSize.ofMebibytes(8 << 10);
    private static final ByteSize SMALLEST_DISK = ByteSize.ofMebibytes(64);
    private static final ByteSize LARGEST_DISK = ByteSize.ofMebibytes(1 << 20);

    public LabPlan {
        Topology.of(hosts, witnesses, sites);
        if (disk.compareTo(SMALLEST_DISK) < 0 || disk.compareTo(LARGEST_DISK) > 0) {
            throw Problem.of(
                            "bad-lab-size",
                            "A disk of " + disk + " cannot be",
                            "Choose one of %s to %s".formatted(SMALLEST_DISK, LARGEST_DISK))
                    .refused();
        }
    }

    /// At one site, with agents that decide everything themselves.
    public LabPlan(int hosts, int witnesses, NodeProgram program) {
        this(hosts, witnesses, 1, program, AgentOptions.NONE, USUAL_DISK);
    }

    /// Two hosts and a witness that run the agent as it is built.
    ///
    /// @throws understudy.model.Problem.Refused if it is not built
    public static LabPlan usual() {
        return new LabPlan(2, 1, NodeProgram.agent(Installation.find()));
    }

    public LabPlan with(AgentOptions others) {
        return new LabPlan(hosts, witnesses, sites, program, others, disk);
    }

    public LabPlan with(ByteSize otherDisk) {
        return new LabPlan(hosts, witnesses, sites, program, options, otherDisk);
    }

    public LabPlan atSites(int number) {
        return new LabPlan(hosts, witnesses, number, program, options, disk);
    }

    public Topology topology() {
        return Topology.of(hosts, witnesses, sites);
    }
}
