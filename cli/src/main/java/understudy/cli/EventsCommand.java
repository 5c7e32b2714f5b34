package understudy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.Json;
import understudy.model.VmName;

@Command(
        name = "events",
        header = "Show what happened, oldest first.",
        description = "With --output json one event is printed a line.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  The last twenty:",
            "    understudy events --last 20",
            "  What happens to a VM from now on:",
            "    understudy events --follow --last 0 --vm web-1"
        })
final class EventsCommand implements Callable<Integer> {
    private static final int PAGE = 1000;

    /// Agents keep fewer; this only bounds what an agent gone mad could make us read.
    private static final int PAGES_MAX = 1000;

    @Option(names = "--follow", description = "Go on with new ones until interrupted.")
    private boolean follow;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many of those that happened before (default: ${DEFAULT-VALUE}).")
    private int last = 100;

    @Option(names = "--vm", paramLabel = "NAME", description = "Only those about this VM.")
    private Optional<VmName> vm = Optional.empty();

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Override
    public Integer call() {
        try (ApiClient client = cluster.connect()) {
            List<Event> kept = kept(client);
            List<Event> wanted = kept.stream().filter(this::isWanted).toList();
            wanted.subList(Math.max(0, wanted.size() - Math.max(0, last)), wanted.size())
                    .forEach(this::print);
            if (follow) {
                client.follow(kept.isEmpty() ? 0 : kept.getLast().sequence(), this::printIfWanted);
            }
            return ExitCode.OK;
        }
    }

    private static List<Event> kept(ApiClient client) {
        List<Event> kept = new ArrayList<>();
        for (int i = 0; i < PAGES_MAX; i++) {
            List<Event> page = client.events(kept.isEmpty() ? 0 : kept.getLast().sequence(), PAGE);
            kept.addAll(page);
            if (page.size() < PAGE) {
                break;
            }
        }
        return kept;
    }

    private boolean isWanted(Event event) {
        return vm.isEmpty() || vm.equals(event.vm());
    }

    private void printIfWanted(Event event) {
        if (isWanted(event)) {
            print(event);
        }
    }

    private void print(Event event) {
        cluster.out().println(cluster.isJson() ? Json.line(event) : Text.event(event));
        cluster.out().flush();
    }
}
