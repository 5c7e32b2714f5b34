package understudy.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import understudy.lab.LabStatus.NodeStatus;
import understudy.model.ByteSize;

/// Faults of a real lab's networks, sites and hosts, with small servers in the place of agents: needs root, and
/// no other lab.
class LabFaultsTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String COMMAND = "trap 'echo polite >/var/lib/understudy/goodbye; exit' TERM; "
            + "busybox nc -ll -p 7700 -e cat & while :; do sleep 1000000 & wait $!; done";
    private static final LabPlan PLAN = new LabPlan(2, 1, NodeProgram.of(List.of("sh", "-c", COMMAND, "agent")))
            .atSites(3)
            .with(ByteSize.ofMebibytes(64));
    private static Lab lab = up();

    private static Lab up() {
        Lab.down();
        return Lab.up(PLAN, Progress.silent());
    }

    @BeforeAll
    static void agentsAnswer() {
        Await.until("the agents", SOON, () -> allLinks().allMatch(LabFaultsTest::carries));
        inLan("h1");
        inLan("h2");
    }

    /// Gives a host's bridge an address, as if there were a guest.
    private static void inLan(String host) {
        in(host, "ip addr add 10.77.0.2%s/24 dev br0".formatted(host.substring(1)));
    }

    /// A neighbour that did not answer is asked for again in its kernel's own time.
    private static void awaitReach(String address) {
        Await.until(address, SOON, () -> reaches(address));
    }

    @AfterEach
    void everythingIsRepaired() {
        assertThat(lab.status().faults()).isEmpty();
    }

    @AfterAll
    static void nothingIsLeft() {
        Lab.down();
        assertThat(Sweep.remains()).isEmpty();
    }

    @Test
    void aPeerLinkThatIsCutCarriesNothingAndTheOtherOneGoesOn() {
        lab.breakPeerLink("h2", "h1", 1);
        assertThat(lab.status().faults()).containsExactly(new Fault.DeadLink("h1", "h2", 1));
        assertThat(carries(link(1))).isFalse();
        assertThat(carries(link(0))).isTrue();
        lab.repairPeerLink("h1", "h2", 1);
        Await.until("the link", SOON, () -> carries(link(1)));
    }

    @Test
    void aPeerLinkThatWasCutBeforeAPowerLossIsCutAfterIt() {
        lab.breakPeerLink("h1", "h2", 0);
        lab.breakHost("h1");
        lab.repairHost("h1");
        Await.until("h1", SOON, () -> carries(link(1)));
        assertThat(carries(link(0))).isFalse();
        lab.repairPeerLink("h1", "h2", 0);
        // The kernel gave the neighbour up when it was asked for it in vain.
        Await.until("the link", SOON, () -> carries(link(0)));
        inLan("h1");
    }

    @Test
    void anUplinkThatIsUnpluggedTellsItsHostAndASilentOneDoesNot() {
        assertThat(reaches("10.77.0.21")).isTrue();
        lab.breakUplink("h1", false);
        assertThat(carrier("h1")).isEqualTo("0");
        assertThat(reaches("10.77.0.21")).isFalse();
        assertThat(reaches("10.77.0.22")).isTrue();
        lab.repairUplink("h1");
        assertThat(carrier("h1")).isEqualTo("1");
        lab.breakUplink("h1", true);
        assertThat(carrier("h1")).isEqualTo("1");
        assertThat(reaches("10.77.0.21")).isFalse();
        lab.repairUplink("h1");
        awaitReach("10.77.0.21");
    }

    @Test
    void aDeadSwitchCutsEverybodyFromTheLanAndNobodyFromHisPeers() {
        lab.breakSwitch();
        assertThat(reaches("10.77.0.21")).isFalse();
        assertThat(reaches("10.77.0.22")).isFalse();
        assertThat(carrier("h1")).isEqualTo("1");
        assertThat(carries(link(0))).isTrue();
        lab.repairSwitch();
        awaitReach("10.77.0.21");
    }

    @Test
    void aSiteLosesThePowerOfAllItsNodesAndOfNoOther() {
        lab.breakSite("s3");
        assertThat(lab.status().nodes().stream().filter(NodeStatus::power).map(NodeStatus::name))
                .containsExactly("h1", "h2");
        assertThat(lab.status().nodes().stream().map(NodeStatus::site)).containsExactly("s1", "s2", "s3");
        lab.repairSite("s3");
        Await.until("w1", SOON, () -> carries(lab.topology().link("h1", "w1", 0)));
        assertThatThrownBy(() -> lab.breakSite("s4")).hasMessage("The lab has no site 's4'");
    }

    @Test
    void aHostThatIsShutDownSaysGoodbyeAndKeepsWhatItWrote() throws Exception {
        in("h2", "rm -f /var/lib/understudy/goodbye; echo kept >" + HostDisk.FOLDER + "/file");
        Process connection = connect(link(0).addressOf("h2"));
        lab.shutdownHost("h2", false, Progress.silent());
        assertThat(connection.waitFor(5, TimeUnit.SECONDS))
                .as("the connection was closed")
                .isTrue();
        assertThat(LabProcess.in(Namespace.of("h2"))).isEmpty();
        assertThat(lab.status().faults()).containsExactly(new Fault.PowerLoss("h2"));
        assertThat(Files.readString(LabFolders.data("h2").resolve("goodbye"))).isEqualTo("polite\n");
        assertThatThrownBy(() -> lab.shutdownHost("h2", false, Progress.silent()))
                .hasMessage("h2 has no power");
        lab.repairHost("h2");
        Await.until("h2", SOON, () -> carries(link(0)));
        assertThat(in("h2", "cat " + HostDisk.FOLDER + "/file")).isEqualTo("kept");
        inLan("h2");
    }

    private static Process connect(String address) throws IOException {
        Process connection = new ProcessBuilder(lab.inside("h1", List.of("busybox", "nc", address, "7700"))).start();
        connection.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
        connection.getOutputStream().flush();
        assertThat(connection.getInputStream().read()).isEqualTo('h');
        return connection;
    }

    private static PeerLink link(int index) {
        return lab.topology().link("h1", "h2", index);
    }

    private static Stream<PeerLink> allLinks() {
        return lab.topology().links().stream();
    }

    private static boolean carries(PeerLink link) {
        return InLab.echoes(lab, link.left(), link.addressOf(link.right()));
    }

    private static boolean reaches(String address) {
        return in("client", "busybox ping -c 1 -W 1 %s >/dev/null && echo yes || true".formatted(address))
                .equals("yes");
    }

    private static String carrier(String host) {
        return in(host, "cat /sys/class/net/uplink0/carrier");
    }

    private static String in(String node, String script) {
        return InLab.run(lab, node, script);
    }
}
