package understudy.cli;

import java.io.Console;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import understudy.api.ApiClient;
import understudy.api.ForceStartPlan;
import understudy.model.HostName;
import understudy.model.Problem;
import understudy.model.VmName;

@Command(
        name = "force-start",
        header = "Start a VM from an older copy, when the host with the newest is gone for good.",
        sortOptions = false,
        sortSynopsis = false,
        description = {
            "A VM begins only where all that it ever wrote is. If that host is lost for good, this makes it begin from what"
                    + " another host has. What only the lost host had is lost.",
            "Says first what may be lost, and does nothing until it is confirmed by the VM's name: typed when it asks,"
                    + " or by --confirm. What was done is kept in the agent's audit.log."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  See what it would cost, and be asked:",
            "    understudy vm force-start db-1 --on h2",
            "  In a script, when everything is known:",
            "    understudy vm force-start db-1 --on h2 --confirm db-1"
        })
final class VmForceStart implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "The VM's name.")
    private VmName name = new VmName("unnamed");

    @Option(
            names = "--on",
            paramLabel = "HOST",
            description = "Where; needed only if it could be forced on more than one.")
    private Optional<HostName> host = Optional.empty();

    @Option(names = "--confirm", paramLabel = "NAME", description = "The VM's name again: what may be lost is known.")
    private Optional<VmName> confirm = Optional.empty();

    @Mixin
    private WaitOptions wait = new WaitOptions();

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            ForceStartPlan plan = client.forceStartPlan(name, host);
            Optional<VmName> confirmed = confirm;
            if (confirmed.isEmpty()) {
                cluster.print(plan, () -> Text.plan(plan));
                confirmed = ask();
            }
            if (!confirmed.equals(Optional.of(name))) {
                throw Problem.of(
                                "not-confirmed",
                                "Nothing was done.",
                                "To go on: understudy vm force-start %s --on %s --confirm %s"
                                        .formatted(name, plan.host(), name))
                        .refused();
            }
            return wait.runningAlone(cluster, client, client.forceStart(plan, name));
        }
    }

    /// Asks the person who sits there, if one does.
    private Optional<VmName> ask() {
        Optional<Console> console = Optional.ofNullable(System.console()).filter(Console::isTerminal);
        if (cluster.isJson() || console.isEmpty()) {
            return Optional.empty();
        }
        String typed = console.get().readLine("Type the VM's name to go on: ");
        try {
            return Optional.ofNullable(typed).map(String::strip).map(VmName::new);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
