package understudy.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.HostStatus;
import understudy.model.HostName;
import understudy.model.Problem;

@Command(
        name = "host",
        header = "Show hosts and witnesses.",
        footerHeading = "%nExamples:%n",
        footer = {"  understudy host list", "  understudy host show h1 --output json"})
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
            HostStatus host = client.hosts().stream()
                    .filter(h -> h.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> Problem.of(
                                    "no-such-host",
                                    "there is no host " + name,
                                    "understudy host list shows those there are")
                            .with("host", name)
                            .refused());
            cluster.print(host, () -> Text.host(host));
            return ExitCode.OK;
        }
    }
}
