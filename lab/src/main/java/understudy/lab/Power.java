package understudy.lab;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import understudy.model.Problem;

/// Switches a node's power on and off.
final class Power {
    private static final Duration BOOT_LIMIT = Duration.ofSeconds(20);
    private static final Duration DEATH_LIMIT = Duration.ofSeconds(20);
    private static final String SCRIPT = "node-boot.sh";

    private final NodeProgram program;

    Power(NodeProgram program) {
        this.program = program;
    }

    /// Boots the node: own PID, mount, IPC and UTS namespaces, fresh memory file systems, a supervisor that
    /// runs the agent. Returns once its file systems are in place.
    void on(Node node) {
        LabFolders.create(List.of(LabFolders.RUN, LabFolders.INSIDE_DATA, LabFolders.data(node.name())));
        Path log = LabFolders.bootLog(node.name());
        List<String> command = command(node);
        try {
            new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw Shell.failure("boot " + node.name(), e);
        }
        if (!Await.holds(BOOT_LIMIT, () -> isBooted(node))) {
            throw Problem.of("boot-failed", "Node %s does not boot".formatted(node.name()), "See the cause")
                    .because(tail(log))
                    .refused();
        }
    }

    private List<String> command(Node node) {
        List<String> command = new ArrayList<>(List.of(
                "setsid",
                "--fork",
                "nsenter",
                "--net=" + node.namespace().path(),
                "unshare",
                "--mount",
                "--pid",
                "--ipc",
                "--uts",
                "--fork",
                "--mount-proc",
                "sh",
                script().toString(),
                node.name(),
                LabFolders.data(node.name()).toString(),
                LabFolders.DATA.toString()));
        command.addAll(storage(node));
        command.addAll(program.keep());
        command.add("--");
        command.addAll(program.commandFor(node.role()));
        return command;
    }

    /// The host's disk and the door of its control group; a node without has `-`.
    private static List<String> storage(Node node) {
        if (node.role() != Role.HOST) {
            return List.of("-", "-");
        }
        String door = ControlGroup.create(node.name())
                .map(group -> group.door().toString())
                .orElse("-");
        return List.of(new HostDisk(node.name()).plugIn().path().toString(), door);
    }

    private static Path script() {
        Path script = LabFolders.RUN.resolve(SCRIPT);
        try (InputStream text = Power.class.getResourceAsStream(SCRIPT)) {
            if (text == null) {
                throw new IllegalStateException(SCRIPT + " is missing from the lab's jar");
            }
            LabFolders.write(script, new String(text.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw Shell.failure("read " + SCRIPT, e);
        }
        return script;
    }

    private static boolean isBooted(Node node) {
        return LabProcess.firstOf(node.namespace())
                .filter(first -> Files.exists(Supervisor.of(first).mark("booted")))
                .isPresent();
    }

    /// A power loss: first silence, then death. So nobody hears the kernel close the dead processes' connections.
    /// In between the disk ends, so that nothing reaches it any more, and nobody waits for it who is to die.
    ///
    /// @param nodes those that lose it at this moment, such as all of a site
    static void off(List<Node> nodes, Topology topology) {
        nodes.forEach(node -> silence(node, topology));
        for (Node node : nodes) {
            if (node.role() == Role.HOST) {
                LabProcess.firstOf(node.namespace()).ifPresent(new HostDisk(node.name())::losePower);
            }
        }
        nodes.forEach(node -> kill(node.namespace()));
    }

    private static void silence(Node node, Topology topology) {
        Mute.all(node.namespace(), "power", topology.interfacesOf(node));
    }

    /// A polite shutdown, as systemd does it: SIGTERM to the agent, then to everything else, then SIGKILL to
    /// who is still there. Connections are closed, and the disk is unmounted with all that was written.
    ///
    /// @param grace for the agent, and again for the rest
    static void shutDown(Node node, Topology topology, Duration grace) {
        LabProcess.firstOf(node.namespace()).ifPresent(first -> {
            Supervisor supervisor = Supervisor.of(first);
            supervisor.keepAgentDead();
            supervisor.agent(node.namespace()).ifPresent(agent -> {
                agent.signal("TERM");
                Await.holds(grace, () -> !agent.isAlive());
            });
            List<LabProcess> rest = workers(node);
            rest.forEach(process -> process.signal("TERM"));
            Await.holds(grace, () -> rest.stream().noneMatch(LabProcess::isAlive));
        });
        kill(node.namespace());
        silence(node, topology);
    }

    /// All but the first process: to that a signal means nothing, and its end is the end of all.
    private static List<LabProcess> workers(Node node) {
        return LabProcess.in(node.namespace()).stream()
                .filter(process -> process.insidePid() != 1)
                .toList();
    }

    /// Ends every process in `namespace`, a node's first one first.
    static void kill(Namespace namespace) {
        Await.until("the processes of " + namespace + " to die", DEATH_LIMIT, () -> {
            List<LabProcess> left = LabProcess.in(namespace);
            Optional<LabProcess> first =
                    left.stream().filter(process -> process.insidePid() == 1).findFirst();
            first.ifPresentOrElse(
                    process -> process.signal("KILL"), () -> left.forEach(process -> process.signal("KILL")));
            return left.isEmpty();
        });
    }

    private static String tail(Path log) {
        try {
            return Files.readString(log).strip();
        } catch (IOException e) {
            return "it said nothing";
        }
    }
}
