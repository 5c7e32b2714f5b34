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
        footer = {
            "  understudy host list",
            "  understudy host show h1 --output json",
            "  understudy host maintenance h1 on"
        })
final class HostCommand {

    enum Switch {
        ON,
        OFF;

        static Switch parse(String text) {
            return switch (text) {
                case "on" -> ON;
                case "off" -> OFF;
                default -> throw new IllegalArgumentException("'" + text + "' is neither on nor off");
            };
        }

        @Override
        public String toString() {
            return this == ON ? "on" : "off";
        }
    }

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
            header = "Move a host's VMs, running, to their other hosts, before it is shut down.",
            description = {
                "Stopping an agent leaves its VMs where they are; so say this first, and then shut the host down. It is",
                "for a restart: VMs may come back as long as the host is up, which host maintenance does not let them.",
                "At the end it says whether the host may be switched off. The exit code is 1 if it may not: a VM stays",
                "and would end with it, the host has the only copy of a disk that is up to date, or the other hosts",
                "would be left without a majority. What has not moved within two minutes stays."
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

    @Command(
            name = "maintenance",
            header = "Move a host's VMs, running, to their other hosts, and keep them away until that is ended.",
            description = {
                "For work on a host that takes more than a restart. With on it waits until the VMs have moved, for two",
                "minutes at most, and says whether the host may be switched off; the exit code is 1 if it may not. A VM",
                "that comes to run there meanwhile, because nobody else can run it, is moved away when that is over.",
                "With off VMs may run there again; none is moved back by that."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  understudy host maintenance h1 on && ssh h1 systemctl poweroff",
                "  understudy host maintenance h1 off"
            })
    int maintenance(
            @Parameters(paramLabel = "NAME", description = "The name of a host.") HostName name,
            @Parameters(
                            paramLabel = "on|off",
                            completionCandidates = Candidates.Switches.class,
                            description = "Whether to begin or to end it.")
                    Switch state,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            if (state == Switch.OFF) {
                HostStatus host = client.maintain(name, false);
                cluster.print(host, () -> name + ": VMs may run there again");
                return ExitCode.OK;
            }
            HandOver.Report report = HandOver.maintain(client, name, cluster::tell);
            cluster.print(report, () -> Text.handOver(name, report));
            return report.obstacles().isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
        }
    }

    @Command(
            name = "remove",
            header = "Forget a host or a witness that is gone for good.",
            description = {
                "It must be off, and no VM may have it as one of its hosts: where there is a third host, that one takes",
                "its place by itself after a while. Then take it out of peers and voters in the configuration of all",
                "other agents, and start these anew, one after the other. Until then status says that it is lost.",
                "A host that was removed is back as soon as its agent starts."
            },
            footerHeading = "%nExamples:%n",
            footer = "  understudy host remove h3")
    int remove(
            @Parameters(paramLabel = "NAME", description = "The name of a host or witness.") HostName name,
            @Mixin ClusterOptions cluster) {
        try (ApiClient client = cluster.connect()) {
            HostStatus was = client.removeHost(name);
            cluster.print(was, () -> name + " is not of the cluster any more");
            return ExitCode.OK;
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
