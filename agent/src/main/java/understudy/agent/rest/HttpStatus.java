package understudy.agent.rest;

import understudy.model.Problem;

/// Which HTTP status goes with a problem. Programs should look at the code; the status is for proxies and people.
///
final class HttpStatus {
    static final int OK = 200;
    static final int CREATED = 201;

    private HttpStatus() {}

    static int of(Problem problem) {
        return switch (problem.code()) {
            case "bad-json", "bad-value", "not-confirmed" -> 400;
            case "no-such-vm",
                    "no-such-volume",
                    "no-such-host",
                    "no-such-rule",
                    "no-such-file",
                    "no-such-path",
                    "vm-unknown" -> 404;
            case "no-such-method" -> 405;
            case "vm-name-taken",
                    "vm-runs",
                    "view-changed",
                    "better-host-up",
                    "host-lives",
                    "vm-not-stopped",
                    "vm-not-running",
                    "host-in-maintenance",
                    "host-in-use",
                    "host-is-up",
                    "scrub-runs",
                    "not-protected" -> 409;
            case "too-large" -> 413;
            case "wrong-type" -> 415;
            case "internal" -> 500;
            case "no-quorum", "outcome-unknown", "too-many-followers" -> 503;
            // Understood, well formed, and refused: no host can hold it, a level that is not there yet, …
            default -> 422;
        };
    }
}
