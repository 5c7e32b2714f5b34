package understudy.benchmarks;

import java.util.Locale;
import understudy.lab.Lab;

/// How the active host of a guest is struck.
enum Kind {
    /// Its links fall silent, then everything on it is dead.
    POWER_LOSS("power loss"),
    /// Its agent and its QEMUs are killed at one moment; the host and its links stay up.
    SIGKILL("SIGKILL");

    private final String title;

    Kind(String title) {
        this.title = title;
    }

    void strike(Lab lab, String host) {
        switch (this) {
            case POWER_LOSS -> lab.breakHost(host);
            case SIGKILL -> lab.killProcesses(host);
        }
    }

    /// Lets the host come back. An agent that was killed is started again by its supervisor.
    void mend(Lab lab, String host) {
        switch (this) {
            case POWER_LOSS -> lab.repairHost(host);
            case SIGKILL -> {}
        }
    }

    /// For a table.
    String title() {
        return title;
    }

    /// As on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
