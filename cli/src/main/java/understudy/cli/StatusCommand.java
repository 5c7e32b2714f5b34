package understudy.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import understudy.api.ApiClient;
import understudy.api.ClusterStatus;

@Command(
        name = "status",
        header = "Show the cluster at a glance.",
        description = "The exit code is 0 if an agent answers, whatever it says; look at ready and alarms.",
        footerHeading = "%nExamples:%n",
        footer = {"  understudy status", "  understudy status --output json | jq .ready"})
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            ClusterStatus status = client.status();
            cluster.print(status, () -> Text.status(status));
            return ExitCode.OK;
        }
    }
}
