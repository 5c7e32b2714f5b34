package understudy.cli;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.VmStatus;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Problem;
import understudy.model.VmName;

@Command(
        name = "vm",
        header = "Create, show and run VMs.",
        subcommands = {VmCreate.class, VmForceStart.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  understudy vm list",
            "  understudy vm create web-1 --level system --memory 512M --nic --kernel vmlinuz",
            "  understudy vm show web-1 --output json"
        })
final class VmCommand {
    @Command(
            name = "list",
            header = "List all VMs.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy vm list",
                "  understudy vm list --output json | jq '.[] | select(.protected | not) | .name'"
            })
    int list(@Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            List<VmStatus> vms = client.vms();
            cluster.print(vms, () -> Text.vms(vms));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "show",
            header = "Show one VM: where it runs, whether it is protected, how its checkpoints go.",
            footerHeading = "%nExamples:%n",
            footer = {"  understudy vm show web-1", "  understudy vm show web-1 --output json | jq .protected"})
    int show(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            VmStatus vm = client.vm(name);
            cluster.print(vm, () -> Text.vm(vm));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "start",
            header = "Start a VM, and wait as create does.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy vm start web-1")
    int start(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Mixin WaitOptions wait,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            return wait.running(cluster, client, client.start(name));
        }
    }

    @Command(
            name = "stop",
            header = "Stop a VM, and wait until it is stopped.",
            description = "The guest is asked to shut down; if it has not within 30 s, it is switched off.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  Ask the guest to shut down:",
                "    understudy vm stop web-1",
                "  Switch it off, as if its power were cut:",
                "    understudy vm stop web-1 --force"
            })
    int stop(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Option(names = "--force", description = "At once, without asking the guest.") boolean force,
            @Mixin WaitOptions wait,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            return wait.stopped(cluster, client, client.stop(name, force));
        }
    }

    @Command(
            name = "switchover",
            header = "Move a VM, running, to its other host, or to any.",
            description = {
                "Connections stay open. Below level system its memory is copied first, and the guest runs on",
                "meanwhile. The host that it leaves protects it from then on, so before work on a host move its VMs",
                "away, or all at once: understudy host maintenance.",
                "With --to another host than its two, that one takes the place of its other host, gets its disks and",
                "memory, and then the VM moves. Until it has the disks there is one copy of them: what happens to the",
                "host that runs the VM then is not survived without loss."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy vm switchover web-1",
                "  To a third host, which keeps the present one as its standby:",
                "    understudy vm switchover web-1 --to h3",
                "  Let one that is being moved stay where it is:",
                "    understudy vm switchover web-1 --cancel"
            })
    int switchover(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Option(names = "--to", paramLabel = "HOST", description = "Where to; its other host by default.") @Nullable
                    HostName to,
            @Option(names = "--cancel", description = "Stay, if it has not been handed over yet.") boolean cancel,
            @Mixin WaitOptions wait,
            @Mixin ClusterOptions cluster) {
        if (cancel && to != null) {
            throw Problem.of("usage", "--to and --cancel exclude each other", "give one of them")
                    .refused();
        }
        try (ApiClient client = cluster.connect()) {
            VmStatus before = client.vm(name);
            if (cancel) {
                return WaitOptions.printed(cluster, client.stay(name));
            }
            Optional<HostName> goal = Optional.ofNullable(to);
            return wait.switchedOver(cluster, client, before, goal, client.switchover(name, before.active(), goal));
        }
    }

    @Command(
            name = "protect",
            header = "Protect a VM at another level, while it runs or not, and wait until it is.",
            description = {
                "restart: it starts again on its other host; component: a failed disk is replaced live by the other",
                "host's; system: a whole host dies, and neither the guest nor its clients notice.",
                "The guest runs on meanwhile. To reach system its memory is copied; to leave it nothing is."
            },
            footerHeading = "%nExamples:%n",
            footer = {"  understudy vm protect db-1 --level system", "  understudy vm protect db-1 --level component"})
    int protect(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Option(
                            names = "--level",
                            required = true,
                            paramLabel = "LEVEL",
                            completionCandidates = Candidates.Levels.class,
                            description = "${COMPLETION-CANDIDATES}.")
                    Level level,
            @Mixin WaitOptions wait,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            return wait.protectedIfItRuns(cluster, client, client.protect(name, level));
        }
    }

    @Command(
            name = "delete",
            header = "Forget a VM that is stopped.",
            description = "Nothing of it is kept.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy vm stop web-1 && understudy vm delete web-1")
    int delete(
            @Parameters(paramLabel = "NAME", description = "The VM's name.") VmName name,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            VmStatus vm = client.delete(name);
            cluster.print(vm, () -> vm.name() + ": deleted");
            return ExitCode.OK;
        }
    }
}
