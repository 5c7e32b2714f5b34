package understudy.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A running node's supervisor, and through it the agent. The two sides talk by files in the node's `/run`.
record Supervisor(LabProcess first, Path marks) {
    static Supervisor of(LabProcess first) {
        return new Supervisor(first, first.root().resolve("run/understudy-lab"));
    }

    Path mark(String name) {
        return marks.resolve(name);
    }

    /// The agent, unless it is dead at this moment.
    Optional<LabProcess> agent(Namespace namespace) {
        try {
            long inside = Long.parseLong(Files.readString(mark("agent")).strip());
            return LabProcess.in(namespace).stream()
                    .filter(process -> process.insidePid() == inside)
                    .filter(LabProcess::isAlive)
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /// Kills the agent and the QEMUs of its VMs.
    void killWorkers(Namespace namespace) {
        List<LabProcess> workers = new ArrayList<>(LabProcess.in(namespace).stream()
                .filter(process -> process.program().startsWith("qemu-system"))
                .toList());
        agent(namespace).ifPresent(workers::addFirst);
        LabProcess.killAll(workers);
    }

    /// How often in a row the agent ended within two seconds of its start.
    int earlyDeaths() {
        try {
            return Integer.parseInt(Files.readString(mark("early-deaths")).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /// Keeps the supervisor from starting the agent again.
    void keepAgentDead() {
        try {
            Files.writeString(mark("stay-dead"), "");
        } catch (IOException e) {
            throw Shell.failure("tell the supervisor", e);
        }
    }

    void letAgentLive() {
        try {
            Files.deleteIfExists(mark("stay-dead"));
        } catch (IOException e) {
            throw Shell.failure("tell the supervisor", e);
        }
    }
}
