package understudy.cli;

import understudy.api.ApiClient;
import understudy.model.Problem;

/// What a command's exit code says. Scripts rely on the numbers.
public final class ExitCode {
    /// Done.
    public static final int OK = 0;

    /// Refused, or it failed; a problem says why.
    public static final int REFUSED = 1;

    /// The command line is wrong, or asks for what this version does not have; nothing was tried.
    public static final int USAGE = 2;

    /// No agent of the cluster answers.
    public static final int NO_CLUSTER = 3;

    private ExitCode() {}

    public static int of(Problem problem) {
        return switch (problem.code()) {
            case ApiClient.NO_CLUSTER, ApiClient.NO_ANSWER -> NO_CLUSTER;
            case "usage", "not-available" -> USAGE;
            default -> REFUSED;
        };
    }
}
