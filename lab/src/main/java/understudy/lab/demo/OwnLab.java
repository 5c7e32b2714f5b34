package understudy.lab.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import understudy.api.ApiClient;
import understudy.lab.Installation;
import understudy.lab.Lab;
import understudy.lab.LabPlan;
import understudy.lab.LabVm;
import understudy.lab.Progress;

/// The lab of one demonstration, made for it and gone at its end, however that comes.
final class OwnLab {
    /// One for each of h1, h2 and w1.
    private static final int SITES = 3;

    private OwnLab() {}

    /// What is shown.
    interface Show<O extends Outcome> {
        O in(Lab lab, ApiClient api) throws IOException;
    }

    static <O extends Outcome> O run(Progress progress, Show<O> show) throws IOException {
        Thread cleaner = new Thread(Lab::down, "demo-down");
        Lab lab = Lab.up(LabPlan.usual().atSites(SITES), progress);
        Runtime.getRuntime().addShutdownHook(cleaner);
        boolean passed = false;
        try (ApiClient api = LabVm.api(lab)) {
            O outcome = show.in(lab, api);
            passed = outcome.passed();
            return outcome;
        } finally {
            if (!passed) {
                keepLogs();
            }
            Lab.down();
            Runtime.getRuntime().removeShutdownHook(cleaner);
        }
    }

    /// What it failed for is in there, as a rule.
    private static void keepLogs() {
        Path folder = Installation.cacheFolder()
                .resolve("failed-demo-"
                        + Instant.now()
                                .truncatedTo(ChronoUnit.SECONDS)
                                .toString()
                                .replace(":", ""));
        Lab.keepLogs(folder);
        System.out.println("The logs of all agents are in " + folder + ".");
    }
}
