package understudy.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.VolumeStatus;
import understudy.model.ByteSize;
import understudy.model.VmName;

@Command(
        name = "volume",
        header = "Show the disks of VMs, and make them larger.",
        footerHeading = "%nExamples:%n",
        footer = {"  understudy volume list", "  understudy volume show db-1 disk0 --output json"})
final class VolumeCommand {
    private static final String VM = "The VM's name.";
    private static final String DISK = "Its disk: disk0, disk1, …";

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
            cluster.print(volumes, () -> Text.volumes(volumes));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "show",
            header = "Show one volume: its replicas, and how far a copy is.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy volume show db-1 disk0")
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
            description = "The guest sees the new size when it is started; its partitions and file systems are its own"
                    + " matter.",
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
        cluster.print(volume, () -> Text.volume(volume));
        return ExitCode.OK;
    }
}
