package understudy.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import understudy.api.ApiClient;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.VmName;

@Command(
        name = "volume",
        header = "Show, grow, scrub, export the disks of VMs; serve volumes stand-alone.",
        subcommands = {VolumeScrub.class, VolumeResync.class, VolumeExport.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy volume list",
            "  understudy volume show db-1 disk0 --output json",
            "  Stand-alone, on the host with the other replica:",
            "    understudy volume replica --file disk.raw --size 1G --listen 10.0.0.2:10809",
            "  On the host that serves it:",
            "    understudy volume serve --file disk.raw --size 1G --socket /run/disk.sock --mirror 10.0.0.2:10809",
            "  Its client:",
            "    qemu-img info nbd+unix:///?socket=/run/disk.sock"
        })
final class VolumeCommand {
    private static final String VM = "The VM's name.";
    private static final String DISK = "Its disk: disk0, disk1, …";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Command(
            name = "list",
            header = "List all volumes, and where they are in sync.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy volume list",
                "  understudy volume list --output json | jq '.[] | select(.state != \"in-sync\")'"
            })
    int list(@Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            List<VolumeStatus> volumes = client.volumes();
            cluster.print(volumes, () -> VolumeText.volumes(volumes));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "show",
            header = "Show one volume: its replicas, how far a copy is, what the last scrub found.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy volume show db-1 disk0",
                "  understudy volume show db-1 disk0 --output json | jq .resync"
            })
    int show(
            @Parameters(paramLabel = "VM", description = VM) VmName vm,
            @Parameters(paramLabel = "DISK", description = DISK) String disk,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            return printed(cluster, client.volume(vm, disk));
        }
    }

    @Command(
            name = "grow",
            header = "Make a disk of a stopped VM larger.",
            description = "Only while nobody runs the VM, and never smaller. The hosts that are up are asked first"
                    + " whether they can hold it; a replica whose host is away grows when it is back. The guest sees"
                    + " the new size when it is started; its partitions and file systems are its own matter.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy volume grow db-1 disk0 40G")
    int grow(
            @Parameters(paramLabel = "VM", description = VM) VmName vm,
            @Parameters(paramLabel = "DISK", description = DISK) String disk,
            @Parameters(paramLabel = "SIZE", description = "Larger than it is, such as 40G.") ByteSize size,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            return printed(cluster, client.grow(vm, disk, size));
        }
    }

    private static int printed(ClusterOptions cluster, VolumeStatus volume) {
        cluster.print(volume, () -> VolumeText.volume(volume));
        return ExitCode.OK;
    }

    @Command(
            name = "serve",
            header = "Serve a volume over NBD on a UNIX socket, until SIGTERM or Ctrl-C.",
            description = {
                "A file that is missing is created, with its metadata beside it as FILE.meta; one without metadata is"
                        + " taken as it is. With --mirror all writes go to both replicas, and are answered when both"
                        + " have them; a replica that fails is done without, and mended when it is back.",
                "Which replicas are in sync is recorded in the view file. If that lies on the disk of the replica, as it"
                        + " does by default, the failure of that disk cannot be recorded, and requests wait."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy volume serve --file disk.raw --size 1G --socket /run/disk.sock",
                "  understudy volume serve --file disk.raw --socket /run/disk.sock --mirror 10.0.0.2:10809"
            })
    int serve(
            @Option(
                            names = "--file",
                            paramLabel = "FILE",
                            required = true,
                            description = "The replica: a raw file or a block device.")
                    Path file,
            @Option(names = "--size", paramLabel = "SIZE", description = "Of a file that is to be created.")
                    Optional<ByteSize> size,
            @Option(
                            names = "--socket",
                            paramLabel = "SOCKET",
                            required = true,
                            description = "Where to listen; a socket that nobody answers on any more is replaced.")
                    Path socket,
            @Option(names = "--mirror", paramLabel = "HOST:PORT", description = "Where the other replica is served.")
                    Optional<String> mirror,
            @Option(
                            names = "--view",
                            paramLabel = "FILE",
                            description = "Where to record which replicas are in sync (default: FILE.view).")
                    Optional<Path> view,
            @Mixin VolumeOptions options) {
        return new VolumeServing(command, file, size, options).serve(socket, mirror.map(VolumeServing::address), view);
    }

    @Command(
            name = "replica",
            header = "Hold the other replica of a volume for who serves it, until SIGTERM or Ctrl-C.",
            description = "A file that is missing is created, with its metadata beside it as FILE.meta.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy volume replica --file disk.raw --size 1G --listen 10.0.0.2:10809")
    int replica(
            @Option(
                            names = "--file",
                            paramLabel = "FILE",
                            required = true,
                            description = "The replica: a raw file or a block device.")
                    Path file,
            @Option(names = "--size", paramLabel = "SIZE", description = "Of a file that is to be created.")
                    Optional<ByteSize> size,
            @Option(
                            names = "--listen",
                            paramLabel = "HOST:PORT",
                            required = true,
                            description = "Where to wait for who serves the volume. Whoever reaches it can write to it:"
                                    + " keep it to a network of your own.")
                    String listen,
            @Mixin VolumeOptions options) {
        return new VolumeServing(command, file, size, options).replica(VolumeServing.address(listen));
    }
}
