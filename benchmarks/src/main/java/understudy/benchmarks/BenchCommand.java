package understudy.benchmarks;

import picocli.CommandLine.Command;

/// `understudy bench`.
@Command(
        name = "bench",
        description = {
            "Measures on this machine, in a lab of its own, what protection costs and how long a takeover takes.",
            "What is compared is measured in the same run, in turns."
        },
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {CheckpointCommand.class, TakeoverCommand.class})
public final class BenchCommand {}
