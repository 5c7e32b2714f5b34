package understudy.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.HandOver;
import understudy.api.HostStatus;
import understudy.model.HostName;
import understudy.model.Problem;

@Command(
        name = "host",
        header = "Show hosts and witnesses, and empty a host before its power goes.",
        footerHeading = "%nExamples:%n",
        footer = {"  understudy host list", "  understudy host show h1 --output json", "  understudy host hand-over h1"
        })
final class HostCommand {
    @Command(
            name = "list",
            header = "List all hosts and witnesses.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy host list")
    int list(@Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            List<HostStatus> hosts = client.hosts();
            cluster.print(hosts, () -> Text.hosts(hosts));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "show",
            header = "Show one host or witness.",
            footerHeading = "%nExamples:%n",
            footer = "  understudy host show h1")
    int show(
            @Parameters(paramLabel = "NAME", description = "The name of a host or witness.") HostName name,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            HostStatus host = find(client, name);
            cluster.print(host, () -> Text.host(host));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "hand-over",
            header = "Move a host's VMs to their standby hosts, before it is shut down.",
            description = {
                "Stopping an agent leaves its VMs where they are; so say this first, and then shut the host down.",
                "At the end it says whether the host may be switched off. The exit code is 1 if it may not: a VM stays and",
                "would end with it, the host has the only copy of a disk that is up to date, or the other hosts would be",
                "left without a majority. VMs may come back as long as the host is up."
            },
            footerHeading = "%nExamples:%n",
            footer = "  understudy host hand-over h1 && ssh h1 systemctl poweroff")
    int handOver(
            @Parameters(paramLabel = "NAME", description = "The name of a host.") HostName name,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            find(client, name);
            HandOver.Report report = HandOver.of(client, name, cluster::tell);
            cluster.print(report, () -> Text.handOver(name, report));
            return report.obstacles().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
        }
    }

    private static HostStatus find(ApiClient client, HostName name) {
        return client.hosts().stream()
                .filter(h -> h.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Problem.of(
                                "no-such-host",
                                "there is no host " + name,
                                "understudy host list shows those there are")
                        .with("host", name)
                        .refused());
    }
}
