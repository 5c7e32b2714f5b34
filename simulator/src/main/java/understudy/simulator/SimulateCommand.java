package understudy.simulator;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import understudy.model.Level;
import understudy.model.VolumeSpec;

/// `simulate`: explores random faults in virtual time. Exit code 0 if no promise was broken, 1 if one was, 2
/// for a mistake on the command line.
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = "Drives a simulated cluster through random faults, and checks what Understudy promises.")
public final class SimulateCommand implements Callable<Integer> {
    private static final int SEEDS_MAX = 10_000_000;
    private static final int HOSTS_MAX = 64;
    private static final int VMS_MAX = 2_000;

    /// How results are written.
    enum Output {
        text,
        json
    }

    @Option(names = "--random", description = "Explore random faults.")
    private boolean random;

    @Option(names = "--seeds", defaultValue = "200", description = "How many runs (default: ${DEFAULT-VALUE}).")
    private int seeds;

    @Option(names = "--seed", defaultValue = "1", description = "The first run's seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--hosts",
            defaultValue = "2",
            description = "Hosts of the cluster, 2 to 64, beside one witness (default: ${DEFAULT-VALUE}).")
    private int hosts;

    @Option(
            names = "--vms",
            defaultValue = "1",
            description = "VMs, 1 to 2000, spread over all pairs of hosts (default: ${DEFAULT-VALUE}).")
    private int vms;

    @Option(
            names = "--disks",
            defaultValue = "0",
            description = "Disks of each VM; at level system none (default: ${DEFAULT-VALUE}).")
    private int disks;

    @Option(
            names = "--level",
            description =
                    "Level of each VM: restart, component or system (default: system without disks, else component).")
    private Optional<String> level = Optional.empty();

    @Option(
            names = "--output",
            defaultValue = "text",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). json: one object a run.")
    private Output output = Output.text;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!random) {
            throw new ParameterException(spec.commandLine(), "Say --random: there are no scenario files yet.");
        }
        check("--seeds", seeds, 1, SEEDS_MAX);
        check("--hosts", hosts, 2, HOSTS_MAX);
        check("--vms", vms, 1, VMS_MAX);
        check("--disks", disks, 0, VolumeSpec.DISKS_MAX);
        SimulationOptions options = SimulationOptions.RANDOM.with(plan());
        PrintWriter out = spec.commandLine().getOut();
        int broken = 0;
        for (int i = 0; i < seeds; i++) {
            Outcome outcome = SimulationRun.run(seed + i, options);
            broken += outcome.isOk() ? 0 : 1;
            write(out, outcome);
        }
        if (output == Output.text) {
            out.printf("%d runs, seeds %d to %d: %d broke a promise%n", seeds, seed, seed + seeds - 1, broken);
        }
        out.flush();
        return broken == 0 ? 0 : 1;
    }

    private ClusterPlan plan() {
        try {
            return level.isPresent()
                    ? ClusterPlan.of(hosts, vms, disks, Level.parse(level.get()))
                    : ClusterPlan.of(hosts, vms, disks);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private void check(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new ParameterException(spec.commandLine(), "%s %d: %d to %d".formatted(option, value, min, max));
        }
    }

    private void write(PrintWriter out, Outcome outcome) {
        if (output == Output.json) {
            out.println(OutcomeJson.of(outcome));
        } else if (!outcome.isOk() || seeds == 1) {
            out.println(outcome.report());
        }
        out.flush();
    }

    /// Runs the command alone.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SimulateCommand()).execute(arguments));
    }
}
