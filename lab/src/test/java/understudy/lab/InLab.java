package understudy.lab;

import java.util.List;

/// What tests do in the nodes of a lab.
final class InLab {
    /// The port of the small servers that stand in for agents.
    static final int PORT = 7700;

    private InLab() {}

    /// What a script wrote, without the white space around it.
    static String run(Lab lab, String node, String script) {
        return Shell.of(lab.inside(node, List.of("sh", "-c", script)).toArray(String[]::new))
                .run()
                .strip();
    }

    /// Whether an echo comes back within a second.
    static boolean echoes(Lab lab, String from, String address) {
        return run(lab, from, "echo ping | busybox nc -w 1 %s %d || true".formatted(address, PORT))
                .equals("ping");
    }
}
