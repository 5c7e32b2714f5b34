package understudy.cli;

import java.util.Optional;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;
import understudy.model.CrashReaction;
import understudy.model.RestartLimit;
import understudy.model.WatchdogReaction;

/// What is to be done when a VM's guest fails by itself, and its turn when all start.
final class CareOptions {
    @Option(
            names = "--restart-limit",
            paramLabel = "N/TIME",
            description =
                    "How often the guest may die within TIME (s, m or h) before it is not started again; none: it is"
                            + " always (default: 5/10m).")
    private Optional<RestartLimit> restartLimit = Optional.empty();

    @Option(
            names = "--on-crash",
            paramLabel = "REACTION",
            completionCandidates = Candidates.CrashReactions.class,
            description =
                    "Give the guest a device (pvpanic) to say that it crashed, and then: ${COMPLETION-CANDIDATES}."
                            + " pause: it stands still to be looked at; not at level system.")
    private Optional<CrashReaction> onCrash = Optional.empty();

    @Option(
            names = "--watchdog",
            paramLabel = "REACTION",
            completionCandidates = Candidates.WatchdogReactions.class,
            description = "Give the guest a watchdog (i6300esb), and when it does not feed it:"
                    + " ${COMPLETION-CANDIDATES}. none: it is told as an event.")
    private Optional<WatchdogReaction> watchdog = Optional.empty();

    @Option(
            names = "--start-order",
            paramLabel = "N",
            description = "After a loss of all power VMs of a lower number start first, 0 to 9999 (default: 100).")
    private Optional<Integer> startOrder = Optional.empty();

    @Option(
            names = "--start-delay",
            paramLabel = "SECONDS",
            description = "How long it waits then, after those before it run, 0 to 3600 (default: 0).")
    private Optional<Integer> startDelay = Optional.empty();

    /// Puts what was given into the wish, over what a file says.
    void overlay(ObjectNode wish) {
        ObjectNode care = wish.get("care") instanceof ObjectNode given ? given : wish.objectNode();
        restartLimit.ifPresent(v -> care.put("restartLimit", v.toString()));
        onCrash.ifPresent(v -> care.put("onCrash", v.toString()));
        watchdog.ifPresent(v -> care.put("watchdog", v.toString()));
        startOrder.ifPresent(v -> care.put("startOrder", v.intValue()));
        startDelay.ifPresent(v -> care.put("startDelaySeconds", v.intValue()));
        if (!care.isEmpty()) {
            wish.set("care", care);
        }
    }
}
