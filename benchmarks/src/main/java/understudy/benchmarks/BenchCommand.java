package understudy.benchmarks;

import picocli.CommandLine.Command;
import understudy.benchmarks.volume.VolumeCommand;

/// `understudy bench`.
@Command(
        name = "bench",
        description = {
            "Measures on this machine what protection costs and how long a takeover takes, in a lab of its own, and",
            "how fast disks are. What is compared is measured in the same run, in turns."
        },
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        subcommands = {CheckpointCommand.class, TakeoverCommand.class, PostgresCommand.class, VolumeCommand.class})
public final class BenchCommand {}
