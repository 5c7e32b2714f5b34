package understudy.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import understudy.api.ApiClient;
import understudy.api.ResyncTerms;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.VmName;

@Command(
        name = "resync",
        header = "Say how fast a replica is brought back, or pause that.",
        description = {
            "A replica that missed something is brought back by itself, in the background, making way for the guest;"
                    + " volume show says how far it is. The VM must run.",
            "What is said here holds until the agent of the VM's host is restarted or another host runs the VM; then"
                    + " copying goes on, without a limit."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy volume resync db-1 disk0 --limit 50M",
            "  understudy volume resync db-1 disk0 --limit none",
            "  understudy volume resync db-1 disk0 --pause"
        })
final class VolumeResync implements Callable<Integer> {
    private static final String NONE = "none";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Parameters(paramLabel = "VM", index = "0", description = "The VM's name.")
    private Optional<VmName> vm = Optional.empty();

    @Parameters(paramLabel = "DISK", index = "1", description = "Its disk: disk0, disk1, …")
    private Optional<String> disk = Optional.empty();

    @ArgGroup
    private Pausing pausing = new Pausing();

    /// One of the two, or neither.
    static final class Pausing {
        @Option(names = "--pause", description = "Copy nothing until --resume; the other replica goes on alone.")
        private boolean pause;

        @Option(names = "--resume", description = "Copy again.")
        private boolean resume;
    }

    @Option(
            names = "--limit",
            paramLabel = "RATE",
            description = "Copy at most so many bytes in a second, such as 50M; none for no limit.")
    private Optional<String> limit = Optional.empty();

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        Optional<Boolean> paused =
                pausing.pause ? Optional.of(true) : pausing.resume ? Optional.of(false) : Optional.empty();
        if (paused.isEmpty() && limit.isEmpty()) {
            throw new CommandLine.ParameterException(command.commandLine(), "say --pause, --resume or --limit");
        }
        ResyncTerms terms = new ResyncTerms(paused, limit.map(this::rate));
        try (ApiClient client = cluster.connect()) {
            VolumeStatus volume = client.resync(vm.orElseThrow(), disk.orElseThrow(), terms);
            cluster.print(volume, () -> VolumeText.volume(volume));
            return ExitCode.OK;
        }
    }

    private ByteSize rate(String text) {
        try {
            ByteSize rate = text.equals(NONE) ? new ByteSize(0) : ByteSize.parse(text);
            if (!text.equals(NONE) && rate.bytes() == 0) {
                throw new IllegalArgumentException("nothing would ever be copied: use --pause");
            }
            return rate;
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(command.commandLine(), "--limit: " + e.getMessage(), e);
        }
    }
}
