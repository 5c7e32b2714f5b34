package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/// What a node's supervisor runs, in place of the agent where a test wants something else.
///
/// @param host        the command on hosts; `--config FILE` is added to it
/// @param witness     the command on witnesses
/// @param keep        folders that it needs to read wherever they lie, even under `/tmp`
/// @param answersApi  whether it serves `/api/v1/status`, so that the lab can wait until it is ready
public record NodeProgram(List<String> host, List<String> witness, List<String> keep, boolean answersApi) {
    private static final String AGENT_MAIN = "understudy.agent.AgentMain";

    public NodeProgram {
        host = List.copyOf(host);
        witness = List.copyOf(witness);
        keep = List.copyOf(keep);
        if (host.isEmpty() || witness.isEmpty()) {
            throw new IllegalArgumentException("a node's program is a command");
        }
    }

    /// The agent, as it is built in `installation`.
    public static NodeProgram agent(Installation installation) {
        List<String> keep =
                List.of(installation.jdk().toString(), installation.libraries().toString());
        return new NodeProgram(agent(installation, "-Xmx512m"), agent(installation, "-Xmx192m"), keep, true);
    }

    /// Any other command, the same on all nodes.
    public static NodeProgram of(List<String> command) {
        return new NodeProgram(command, command, List.of(), false);
    }

    List<String> commandFor(Role role) {
        return switch (role) {
            case HOST -> host;
            case WITNESS -> witness;
        };
    }

    private static List<String> agent(Installation installation, String heap) {
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                heap,
                // Short pauses: a heartbeat must not wait for a collector. A small metaspace would begin with a full
                // one.
                "-XX:+UseG1GC",
                "-XX:MetaspaceSize=128m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        Path archive = installation.libraries().resolve(Installation.AGENT_ARCHIVE);
        if (isOfTheseJars(archive, installation)) {
            command.addAll(List.of("-XX:AOTCache=" + archive, "-Xlog:aot=off", "-Xlog:aot*=off"));
        }
        command.addAll(List.of("-cp", installation.classPath(), AGENT_MAIN));
        return command;
    }

    /// Java takes classes from an ahead-of-time cache that is older than the jars, too.
    private static boolean isOfTheseJars(Path archive, Installation installation) {
        try {
            if (!Files.exists(archive)) {
                return false;
            }
            FileTime made = Files.getLastModifiedTime(archive);
            for (String jar : installation.classPath().split(":", -1)) {
                if (Files.getLastModifiedTime(Path.of(jar)).compareTo(made) > 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw Shell.failure("look at " + archive, e);
        }
    }
}
