package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import understudy.lab.LabStatus.AgentState;
import understudy.lab.LabStatus.NodeStatus;
import understudy.model.Problem;

/// A real lab on this machine, with small servers in the place of agents: needs root, and no other lab.
class LabTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String ECHO = "busybox nc -ll -p 7700 -e cat & child=$!; "
            + "echo $child >/run/understudy/child; echo agent of $(hostname); exec sleep 1000000";
    private static final String STATUS = """
            #!/bin/sh
            while read -r line && [ "$line" != "$(printf '\\r')" ]; do :; done
            printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 15\\r\\nConnection: close\\r\\n\\r\\n{"ready": true}'
            """;
    private static final Path KEPT = temporaryFolder();
    private static final String API = "busybox nc -ll -p 7800 -e sh " + KEPT + "/status & ";
    private static final List<String> COMMAND = List.of("sh", "-c", API + ECHO, "agent");
    private static final LabPlan PLAN =
            new LabPlan(2, 1, new NodeProgram(COMMAND, COMMAND, List.of(KEPT.toString()), true));

    private static Lab lab = up();

    private static Lab up() {
        Lab.down();
        return Lab.up(PLAN, Progress.silent());
    }

    private static Path temporaryFolder() {
        try {
            Path folder = Files.createTempDirectory("understudy-lab");
            Files.writeString(folder.resolve("program"), "kept");
            Files.writeString(folder.resolve("status"), STATUS);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeAll
    static void agentsRun() {
        lab.topology().nodes().forEach(node -> awaitAgent(node.name()));
    }

    @AfterAll
    static void nothingIsLeft() {
        LabFolders.delete(KEPT);
        Lab.down();
        assertThat(Sweep.remains()).isEmpty();
        assertThat(Files.exists(LabFolders.URLS)).isFalse();
    }

    @Test
    void nothingThatOneHostWritesShowsUpInAnother() {
        List<String> writable = writableFolders("h1");
        assertThat(writable).contains("/tmp", "/run", "/dev/shm", "/var/lib/understudy");
        for (String folder : writable) {
            in("h1", "echo secret >'" + folder + "/only-h1'");
            assertThat(in("h2", "ls -A '" + folder + "'")).as(folder).doesNotContain("only-h1");
        }
        assertThat(in("h2", "find / -xdev -maxdepth 5 -name only-h1 2>/dev/null; ls -A " + LabFolders.DATA))
                .isEmpty();
        assertThat(in("h1", "touch /only-h1 /dev/only-h1 /etc/only-h1 /usr/only-h1 2>&1 || echo refused"))
                .contains("refused");
    }

    private static List<String> writableFolders(String node) {
        return in(
                        node,
                        "while read -r _ point _; do [ -d $point ] && touch $point/probe 2>/dev/null "
                                + "&& rm -f $point/probe && echo $point; done </proc/self/mounts; true")
                .lines()
                .distinct()
                .toList();
    }

    @Test
    void processesMessagesAndNamesOfOneHostDoNotExistInAnother() {
        in("h1", "sleep 7654321 >/dev/null 2>&1 </dev/null & ipcmk -Q >/dev/null");
        assertThat(in("h1", "ps ax -o args")).contains("sleep 7654321");
        assertThat(in("h2", "ps ax -o args")).doesNotContain("sleep 7654321");
        assertThat(in("h1", "grep -c . /proc/sysvipc/msg")).isEqualTo("2");
        assertThat(in("h2", "grep -c . /proc/sysvipc/msg")).isEqualTo("1");
        assertThat(in("h2", "hostname")).isEqualTo("h2");
        assertThat(in("h1", "ls /sys/class/net")).contains("peer-h2-0").doesNotContain("peer-h1-0");
    }

    @Test
    void aSecondLabIsRefused() {
        assertThatThrownBy(() -> Lab.up(PLAN, Progress.silent()))
                .isInstanceOf(Problem.Refused.class)
                .hasMessage("A lab is up already");
    }

    @Test
    void allLinksCarryAndManagementReachesEveryNodeFromOutside() {
        for (PeerLink link : lab.topology().links()) {
            assertThat(echoes(link.left(), link.addressOf(link.right()))).isTrue();
            assertThat(echoes(link.right(), link.addressOf(link.left()))).isTrue();
        }
        for (Node node : lab.topology().nodes()) {
            String answer = Shell.attempt("busybox", "nc", "-w", "3", node.managementAddress(), "7700")
                    .with("hello")
                    .run();
            assertThat(answer).isEqualTo("hello");
        }
    }

    @Test
    void aBrokenLinkIsSilentBothWaysOrOneWayUntilItIsRepaired() {
        String h2 = lab.topology().linksBetween("h1", "h2").getFirst().addressOf("h2");
        lab.breakLink("h1", "h2");
        assertThat(echoes("h1", h2)).isFalse();
        assertThat(lab.status().faults()).contains(new Fault.Silence("h1", "h2"), new Fault.Silence("h2", "h1"));
        lab.repairLink("h1", "h2");
        assertThat(echoes("h1", h2)).as("the answers are still cut off").isFalse();
        lab.repairLink("h2", "h1");
        // The kernel may have given the neighbour up meanwhile, and looks for it again.
        Await.until("echoes over the repaired link", SOON, () -> echoes("h1", h2));
        assertThat(lab.status().faults()).isEmpty();
    }

    @Test
    void anAgentThatDiesIsStartedAtOnceAndItsChildrenLiveOn() {
        long agent = node("h1").agentPid().orElseThrow();
        String child = in("h1", "cat /run/understudy/child");
        lab.breakAgent("h1", false);
        Await.until("another agent", SOON, () -> {
            OptionalLong now = node("h1").agentPid();
            return now.isPresent() && now.getAsLong() != agent;
        });
        assertThat(in("h1", "cat /proc/" + child + "/comm; awk '/PPid/{print $2}' /proc/" + child + "/status"))
                .isEqualTo("busybox\n1");
    }

    @Test
    void anAgentThatIsToStayDeadDoesSoUntilItIsRepaired() {
        lab.breakAgent("w1", true);
        Await.until("the agent's death", SOON, () -> node("w1").agent() == AgentState.DEAD);
        assertThat(Await.holds(Duration.ofMillis(500), () -> node("w1").agent() != AgentState.DEAD))
                .isFalse();
        assertThatThrownBy(() -> lab.pauseAgent("w1")).hasMessage("The agent of w1 is dead");
        lab.repairAgent("w1");
        awaitAgent("w1");
    }

    @Test
    void aPausedAgentIsThereAndDoesNothing() {
        lab.pauseAgent("h2");
        assertThat(node("h2").agent()).isEqualTo(AgentState.PAUSED);
        lab.resumeAgent("h2");
        assertThat(node("h2").agent()).isEqualTo(AgentState.RUNNING);
    }

    @Test
    void aHostThatLosesItsPowerSaysNoGoodbyeAndComesBackWithItsDataOnly() throws Exception {
        String h2 = lab.topology().linksBetween("h1", "h2").getFirst().addressOf("h2");
        in("h2", "echo kept >/var/lib/understudy/disk; echo lost >/dev/shm/memory");
        Process connection = new ProcessBuilder(lab.inside("h1", List.of("busybox", "nc", h2, "7700"))).start();
        connection.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
        connection.getOutputStream().flush();
        assertThat(connection.getInputStream().read()).isEqualTo('h');

        lab.breakHost("h2");
        assertThat(LabProcess.in(Namespace.of("h2"))).isEmpty();
        assertThat(node("h2").power()).isFalse();
        assertThat(connection.waitFor(1, TimeUnit.SECONDS))
                .as("the connection was closed by somebody")
                .isFalse();
        assertThatThrownBy(() -> lab.inside("h2", List.of("true"))).hasMessage("h2 has no power");
        assertThatThrownBy(() -> lab.breakHost("w1")).hasMessage("w1 is a witness, not a host");

        lab.repairHost("h2");
        awaitAgent("h2");
        assertThat(connection.waitFor(1, TimeUnit.SECONDS))
                .as("a kernel that had no power closed the connection")
                .isFalse();
        connection.destroyForcibly();
        assertThat(in("h2", "cat /var/lib/understudy/disk; ls /dev/shm")).isEqualTo("kept");
        Await.until("the link", SOON, () -> echoes("h1", h2));
        assertThat(lab.status().faults()).isEmpty();
    }

    private static void awaitAgent(String name) {
        Await.until("the agent of " + name, SOON, () -> node(name).agent() == AgentState.RUNNING);
    }

    private static NodeStatus node(String name) {
        return lab.status().nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static boolean echoes(String from, String address) {
        return InLab.echoes(lab, from, address);
    }

    private static String in(String node, String script) {
        return InLab.run(lab, node, script);
    }

    @Test
    void aProgramThatLiesInTheTemporaryFolderIsStillThereToRead() {
        assertThat(in("h1", "cat " + KEPT + "/program")).isEqualTo("kept");
        assertThat(in("h1", "touch " + KEPT + "/x 2>&1 || echo refused")).contains("refused");
    }

    @Test
    void theDataFoldersAreHiddenFromInside() {
        assertThat(in("h1", "ls -A " + LabFolders.DATA)).isEmpty();
        assertThat(Files.exists(Path.of("/var/lib/understudy-lab/h1"))).isTrue();
    }
}
