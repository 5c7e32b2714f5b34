package understudy.cli;

import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;
import understudy.model.ByteSize;
import understudy.model.CrashReaction;
import understudy.model.Hardware.Clock;
import understudy.model.Hardware.Devices;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.MacAddress;
import understudy.model.PlacementRule;
import understudy.model.Policy;
import understudy.model.RestartLimit;
import understudy.model.VmName;
import understudy.model.VolumeSpec.Image.Format;
import understudy.model.WatchdogReaction;

/// The root of all commands.
@Command(
        name = "understudy",
        header = "Keeps virtual machines running when the hardware under them fails.",
        version = "understudy 0.1.0",
        mixinStandardHelpOptions = true,
        subcommands = {
            VmCommand.class,
            HostCommand.class,
            VolumeCommand.class,
            RuleCommand.class,
            EventsCommand.class,
            StatusCommand.class,
            CompletionCommand.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy status",
            "  understudy vm create web-1 --level system --memory 512M --nic --kernel vmlinuz",
            "  understudy events --follow",
            "%nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no cluster answers"
        })
public final class UnderstudyCommand {
    private UnderstudyCommand() {}

    /// All commands of this module, under the root command `understudy`.
    ///
    /// @param more further commands: objects with picocli's annotations, or [CommandLine]s of them. They are
    /// given here rather than added later so that they, too, have `--help` and read names, sizes and levels
    public static CommandLine commandLine(Object... more) {
        CommandLine root = new CommandLine(new UnderstudyCommand());
        for (Object command : more) {
            root.addSubcommand(command);
        }
        converts(root, VmName.class, VmName::new);
        converts(root, HostName.class, HostName::new);
        converts(root, ByteSize.class, ByteSize::parse);
        converts(root, MacAddress.class, MacAddress::new);
        converts(root, Level.class, Level::parse);
        converts(root, PlacementRule.Kind.class, PlacementRule.Kind::parse);
        converts(root, Policy.class, Policy::parse);
        converts(root, RestartLimit.class, RestartLimit::parse);
        converts(root, CrashReaction.class, CrashReaction::parse);
        converts(root, WatchdogReaction.class, WatchdogReaction::parse);
        converts(root, Devices.class, Devices::parse);
        converts(root, Clock.class, Clock::parse);
        converts(root, Format.class, Format::parse);
        converts(root, Output.class, Output::parse);
        converts(root, HostCommand.Switch.class, HostCommand.Switch::parse);
        converts(root, NicOption.class, NicOption::parse);
        converts(root, DiskOption.class, DiskOption::parse);
        addHelp(root);
        root.setParameterExceptionHandler(Failures::usage);
        root.setExecutionExceptionHandler(Failures::execution);
        root.setUsageHelpAutoWidth(true);
        return root;
    }

    private static void addHelp(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        if (spec.findOption("--help") == null && spec.findOption("-h") == null) {
            spec.addOption(OptionSpec.builder("-h", "--help")
                    .usageHelp(true)
                    .description("Show this help.")
                    .build());
        }
        command.getSubcommands().values().forEach(UnderstudyCommand::addHelp);
    }

    private static <T> void converts(CommandLine root, Class<T> type, Function<String, T> parse) {
        root.registerConverter(type, text -> {
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        });
    }
}
