package understudy.simulator;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import understudy.model.Level;
import understudy.model.VolumeSpec;
import understudy.simulator.scenario.BadScenario;
import understudy.simulator.scenario.Scenario;
import understudy.simulator.scenario.ScenarioFile;

/// `simulate`: replays scenario files, or explores random faults, in virtual time. Exit code 0 if all is as
/// promised and expected, 1 if something is not, 2 for a mistake on the command line or in a file.
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description = "Replays scenario files in a simulated cluster, or drives one through random faults, and checks"
                + " what Understudy promises.")
public final class SimulateCommand implements Callable<Integer> {
    private static final int SEEDS_MAX = 10_000_000;
    private static final int RANDOM_SEEDS = 200;
    private static final int HOSTS_MAX = 64;
    private static final int VMS_MAX = 2_000;

    /// How results are written.
    enum Output {
        text,
        json
    }

    @Parameters(
            paramLabel = "FILE|DIR",
            arity = "0..*",
            description = "Scenario files; of a folder, all *.yaml files in it and below.")
    private List<Path> paths = List.of();

    @Option(names = "--random", description = "Explore random faults instead.")
    private boolean random;

    @Option(
            names = "--seeds",
            defaultValue = "0",
            description =
                    "How many runs with --random, or of each scenario, from --seed on (default: 200 with --random,"
                            + " else 1).")
    private int seeds;

    @Option(names = "--seed", defaultValue = "1", description = "The first run's seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--hosts",
            defaultValue = "2",
            description = "With --random: hosts, 2 to 64 (default: ${DEFAULT-VALUE}).")
    private int hosts;

    @Option(
            names = "--witnesses",
            defaultValue = "1",
            description = "With --random: witnesses, 0 or 1 (default: ${DEFAULT-VALUE}).")
    private int witnesses;

    @Option(
            names = "--vms",
            defaultValue = "1",
            description = "With --random: VMs, 1 to 2000, spread over all pairs of hosts (default: ${DEFAULT-VALUE}).")
    private int vms;

    @Option(
            names = "--disks",
            defaultValue = "0",
            description = "With --random: disks of each VM (default: ${DEFAULT-VALUE}).")
    private int disks;

    @Option(
            names = "--level",
            description = "With --random: level of each VM: restart, component or system (default: system without"
                    + " disks, else component).")
    private Optional<String> level = Optional.empty();

    @Option(
            names = {"-v", "--timeline"},
            description = "Print all that happened in each scenario.")
    private boolean timeline;

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
        if (random != paths.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Name scenario files or folders, or say --random.");
        }
        check("--seeds", seeds, 0, SEEDS_MAX);
        check("--hosts", hosts, 2, HOSTS_MAX);
        check("--witnesses", witnesses, 0, 1);
        check("--vms", vms, 1, VMS_MAX);
        check("--disks", disks, 0, VolumeSpec.DISKS_MAX);
        return random ? explore(seeds == 0 ? RANDOM_SEEDS : seeds) : replay(Math.max(1, seeds));
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

    private int explore(int runs) {
        SimulationOptions some = SimulationOptions.RANDOM.with(plan());
        SimulationOptions options = witnesses == 0 ? some.withoutWitness() : some;
        PrintWriter out = spec.commandLine().getOut();
        int broken = 0;
        for (int i = 0; i < runs; i++) {
            Outcome outcome = SimulationRun.run(seed + i, options);
            broken += outcome.isOk() ? 0 : 1;
            if (output == Output.json) {
                out.println(OutcomeJson.of(outcome));
            } else if (!outcome.isOk() || runs == 1) {
                out.println(outcome.report());
            }
            out.flush();
        }
        if (output == Output.text) {
            out.printf("%d runs, seeds %d to %d: %d broke a promise%n", runs, seed, seed + runs - 1, broken);
        }
        out.flush();
        return broken == 0 ? 0 : 1;
    }

    private int replay(int runs) {
        List<Scenario> scenarios = new ArrayList<>();
        boolean isBad = false;
        for (Path path : ScenarioFolder.files(paths)) {
            try {
                scenarios.add(ScenarioFile.read(path));
            } catch (BadScenario e) {
                isBad = true;
                tell(String.valueOf(e.getMessage()));
            } catch (IOException e) {
                isBad = true;
                tell(path + ": it cannot be read (" + e.getClass().getSimpleName() + "). Name a file that can.");
            }
        }
        if (isBad) {
            return 2;
        }
        if (scenarios.isEmpty()) {
            tell("There is no *.yaml file in " + paths + ". Name a folder that has some.");
            return 2;
        }
        ScenarioReport report = new ScenarioReport(spec.commandLine().getOut(), output == Output.json, timeline);
        for (Scenario scenario : scenarios) {
            for (int i = 0; i < runs; i++) {
                report.play(scenario, seed + i);
            }
        }
        return report.end() ? 0 : 1;
    }

    private void tell(String text) {
        spec.commandLine().getErr().println(text);
        spec.commandLine().getErr().flush();
    }

    /// Runs the command alone.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SimulateCommand()).execute(arguments));
    }
}
