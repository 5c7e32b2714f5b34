package understudy.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import understudy.agent.rest.MemoryCluster;
import understudy.agent.rest.RestServer;
import understudy.api.Event.Severity;
import understudy.api.Json;
import understudy.cli.Terminal.Ran;

/// The commands as a user types them, over real HTTP, against a cluster in memory.
class CommandsTest {
    private static final String CREATE = "vm create web-1 --level system --memory 512M";

    private final MemoryCluster cluster = new MemoryCluster();
    private final RestServer server = listen(cluster);
    private final Terminal terminal = new Terminal(server.urls().getFirst().toString());

    @AfterEach
    void nothingIsLeft() {
        server.close();
    }

    @Test
    void aNetworkCardWithoutAnAddressGetsOne() {
        terminal.run(CREATE + " --nic --nic --cpus 1");
        assertThat(json(terminal.run("vm show web-1 --output json")).path("nics"))
                .hasSize(2);
    }

    @Test
    void creatingWaitsUntilTheVmIsProtected() {
        Ran ran = terminal.run(CREATE + " --nic mac=52:54:00:12:34:56");
        assertThat(ran.out()).isEqualTo("web-1: running on h1, protected by h2\n");
        assertThat(ran.err()).startsWith("web-1: starting: it is starting\n");
        assertThat(ran.exitCode()).isZero();
    }

    @Test
    void listAndShowAlignWhatPeopleWantToKnow() {
        terminal.run(CREATE + " --nic mac=52:54:00:12:34:56");
        terminal.run("vm create database --level system --memory 1500M --cpus 2 --stopped");
        assertThat(terminal.run("vm list").out()).isEqualTo("""
                NAME      LEVEL   STATE    PROTECTED  ACTIVE  STANDBY  MEMORY  CPUS  VIEW
                database  system  stopped  no         -       -        1500M   2     1
                web-1     system  running  yes        h1      h2       512M    1     3
                """);
        assertThat(terminal.run("vm show web-1").out()).isEqualTo("""
                name          web-1
                state         running
                level         system
                protected     yes
                active        h1
                standby       h2
                hosts         h1, h2
                view          3
                policy        balanced
                memory        512M
                cpus          1
                nics          52:54:00:12:34:56
                machine       pc-q35-7.2
                cpu           qemu64
                id            a2e3a94e-0bef-3354-abfe-a8a1cb24ac48
                epoch         4711
                checkpoints   120.5 a second, 56 pages and 78.5K each
                pauses        1.4 ms at p50, 3.2 ms at p99, 21 % of the time
                output waits  2.5 ms at p50
                dirtied       6700 pages a second
                guest clock   12 ms behind
                """);
        assertThat(terminal.run("vm show database").out()).contains("protected  no: it is stopped\n");
    }

    @Test
    void volumesAreListedShownAndGrown() {
        assertThat(terminal.run("volume list").out()).isEqualTo("""
                VM    DISK   SIZE  STATE           IN SYNC
                db-1  disk0  1G    resyncing 25 %  h1
                """);
        assertThat(terminal.run("volume show db-1 disk0").out()).contains("state    resyncing 25 %: h2 was lost\n");
        assertThat(terminal.run("volume grow db-1 disk0 2G").out()).contains("size     2G\n");
        assertThat(json(terminal.run("volume show db-1 disk0 --output json"))
                        .path("replicas")
                        .path(1)
                        .path("inSync")
                        .asBoolean(true))
                .isFalse();
        assertThat(terminal.run("volume show db-1 disk7").err()).contains("no disk disk7");
        assertThat(terminal.run("volume grow db-1 disk0 1000").err()).contains("whole sectors");
    }

    @Test
    void aDiskIsASizeOrAnImageThatIsThere() {
        Ran ran = terminal.run("vm create db-1 --level component --memory 512M --disk none.qcow2");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(ran.err()).contains("neither a size such as 10G nor an image");
        assertThat(terminal.run("vm create db-1 --level component --memory 512M --disk 1000")
                        .exitCode())
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aHostIsHandedOverWithWhatStaysAndWhy() {
        assertThat(terminal.run("host hand-over h1").out())
                .startsWith("no VM ran there")
                .contains("h1 may be switched off");
        terminal.run(CREATE);
        assertThat(terminal.run("host show h1").out()).contains("not now: VM web-1 runs there");
        Ran ran = terminal.run("host hand-over h1 --output json");
        assertThat(json(ran).path("moved").path(0).asString()).isEqualTo("web-1");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(terminal.run("host hand-over h1").out()).startsWith("no VM ran there");
        assertThat(terminal.run("host hand-over h9").err()).contains("there is no host h9");
    }

    @Test
    void aHostThatIsUpIsNotRemoved() {
        assertThat(terminal.run("host remove h1").err()).contains("h1 is up");
        assertThat(terminal.run("host remove h9").err()).contains("no host h9");
    }

    @Test
    void aHostIsPutIntoMaintenanceAndTakenOutOfIt() {
        terminal.run(CREATE);
        Ran on = terminal.run("host maintenance h1 on");
        assertThat(on.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(on.out()).contains("h1 may be switched off");
        assertThat(terminal.run("host list").out()).contains("up, in maintenance");
        assertThat(terminal.run("vm list").out()).containsPattern("web-1 .* h2 +h1 ");
        assertThat(terminal.run("host maintenance h1 off").out()).isEqualTo("h1: VMs may run there again\n");
        assertThat(terminal.run("host list").out()).doesNotContain("maintenance");
        assertThat(terminal.run("host maintenance h9 on").err()).contains("no host h9");
        assertThat(terminal.run("host maintenance h1 maybe").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void anEmptyClusterSaysHowToBegin() {
        assertThat(terminal.run("vm list").out()).startsWith("no VMs; understudy vm create --help");
        assertThat(terminal.run("vm list --output json").out()).isEqualTo("[ ]\n");
    }

    @Test
    void jsonHasTheNamesThatProgramsRelyOn() {
        terminal.run(CREATE);
        JsonNode vm = json(terminal.run("vm show web-1 --output json"));
        assertThat(vm.path("name").asString()).isEqualTo("web-1");
        assertThat(vm.path("level").asString()).isEqualTo("system");
        assertThat(vm.path("state").asString()).isEqualTo("running");
        assertThat(vm.path("protected").isBoolean()).isTrue();
        assertThat(vm.path("protected").asBoolean()).isTrue();
        assertThat(vm.path("active").asString()).isEqualTo("h1");
        assertThat(vm.path("standby").asString()).isEqualTo("h2");
        assertThat(vm.path("view").isIntegralNumber()).isTrue();
        terminal.run("vm stop web-1");
        JsonNode stopped = json(terminal.run("vm list --output json")).path(0);
        assertThat(stopped.path("state").asString()).isEqualTo("stopped");
        assertThat(stopped.path("active").isNull()).isTrue();
        assertThat(stopped.path("standby").isNull()).isTrue();
    }

    @Test
    void aVmIsStoppedStartedSwitchedOverAndDeleted() {
        terminal.run(CREATE);
        assertThat(terminal.run("vm switchover web-1").out()).isEqualTo("web-1: running on h2, protected by h1\n");
        assertThat(terminal.run("vm stop web-1 --force").out()).isEqualTo("web-1: stopped\n");
        assertThat(terminal.run("vm start web-1 --no-wait").out())
                .isEqualTo("web-1: starting: its RAM is being copied\n");
        assertThat(terminal.run("vm start web-1").out()).isEqualTo("web-1: running on h1, protected by h2\n");
        terminal.run("vm stop web-1");
        assertThat(terminal.run("vm delete web-1").out()).isEqualTo("web-1: deleted\n");
        assertThat(terminal.run("vm show web-1").exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void aVmIsProtectedAtAnotherLevel() {
        terminal.run(CREATE);
        assertThat(terminal.run("vm protect web-1 --level component").out())
                .isEqualTo("web-1: running on h1, protected by h2\n");
        JsonNode vm = json(terminal.run("vm protect web-1 --level restart --output json"));
        assertThat(vm.path("level").asString()).isEqualTo("restart");
        assertThat(vm.path("protected").asBoolean()).isTrue();
        terminal.run("vm stop web-1");
        assertThat(terminal.run("vm protect web-1 --level system").out()).isEqualTo("web-1: stopped\n");
        assertThat(terminal.run("vm protect web-1").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("vm protect web-1 --level best").err()).contains("system");
    }

    @Test
    void aVmThatRunsButIsNotProtectedInTimeIsNoFailure() {
        cluster.stuck(true);
        Ran ran = terminal.run(CREATE + " --timeout 1");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).isEqualTo("web-1: running on h1, not protected: its RAM is being copied (50 %)\n");
        assertThat(ran.err())
                .endsWith("note: web-1 runs, but is not protected yet (its RAM is being copied);"
                        + " understudy vm show web-1 says how it goes on\n");
    }

    @Test
    void aVmOnOneHostIsNotWaitedForToBeProtected() {
        Ran ran = terminal.run(CREATE + " --on h2 --timeout 5");
        assertThat(ran.out()).startsWith("web-1: running on h2, not protected");
        assertThat(ran.exitCode()).isZero();
    }

    @Test
    void aRefusalSaysWhatIsWrongWhyAndWhatToDo() {
        cluster.quorum(false);
        Ran ran = terminal.run(CREATE);
        assertThat(ran.err()).isEqualTo("""
                no majority of the ledger answers
                because: h2 and w1 are lost
                what to do: repair a host or the witness
                """);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void aRefusalIsAProblemInJsonToo() {
        Ran ran = terminal.run("vm show web-9 --output json");
        assertThat(ran.out()).isEqualTo("""
                {
                  "code" : "no-such-vm",
                  "message" : "there is no VM web-9",
                  "cause" : "",
                  "correction" : "understudy vm list shows those there are",
                  "details" : {
                    "vm" : "web-9"
                  }
                }
                """);
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(json(terminal.run("host show h9 --output json")).path("code").asString())
                .isEqualTo("no-such-host");
    }

    @Test
    void aLevelThatTheClusterDoesNotHaveIsItsOwnToRefuse() {
        Ran ran = terminal.run("vm create web-1 --level restart --memory 512M");
        assertThat(ran.err()).startsWith("level restart is not there yet\n");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void aWrongCommandLineIsExplainedAndNothingIsTried() {
        assertThat(terminal.run("vm create web-1 --level best --memory 1G").err())
                .isEqualTo("""
                Invalid value for option '--level': no level 'best': restart, component or system
                what to do: understudy vm create --help shows how it is used
                """);
        assertThat(terminal.run("vm create web-1").err()).startsWith("missing: --level, --memory (or -f FILE)\n");
        assertThat(terminal.run("vm create web-1 --nic eth0").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("vm show WEB").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("vm lsit").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("vm list --wrong").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(json(terminal.run("vm show --output json")).path("code").asString())
                .isEqualTo("usage");
        assertThat(Terminal.runAlone("vm").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("vm list").out()).startsWith("no VMs");
    }

    @Test
    void aClusterThatDoesNotAnswerHasAnExitCodeOfItsOwn() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Ran ran = Terminal.runAlone("status", "--url", "http://127.0.0.1:" + free);
        assertThat(ran.exitCode()).isEqualTo(ExitCode.NO_CLUSTER);
        assertThat(ran.err()).startsWith("no agent of the cluster can be reached\nbecause: http://127.0.0.1:" + free);
        String both = "http://127.0.0.1:" + free + "," + server.urls().getFirst();
        assertThat(Terminal.runAlone("status", "--url", both).exitCode()).isZero();
    }

    @Test
    void aFileDefinesAVmAndItsKernelIsSentOnce(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve("vmlinuz"), new byte[3_000_000]);
        Files.writeString(folder.resolve("initrd.img"), "initrd");
        Path file = folder.resolve("vm.yaml");
        Files.writeString(file, """
                name: web-1
                level: system
                memory: 512M
                cpus: 2
                nics:
                  - mac: 52:54:00:12:34:56
                  - {}
                kernel: vmlinuz
                initrd: initrd.img
                append: console=ttyS0
                hosts: [h2, h1]
                """);
        assertThat(terminal.run("vm create -f " + file).out()).isEqualTo("web-1: running on h2, protected by h1\n");
        assertThat(cluster.stores()).isEqualTo(2);
        assertThat(terminal.run("vm create web-2 --stopped -f " + file).out()).isEqualTo("web-2: stopped\n");
        assertThat(cluster.stores()).isEqualTo(2);
        assertThat(json(terminal.run("vm show web-2 --output json"))
                        .path("nics")
                        .size())
                .isEqualTo(2);
    }

    @Test
    void aWrongFileIsExplained(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("vm.yaml");
        assertThat(terminal.run("vm create -f " + file).err()).contains("there is no such file");
        Files.writeString(file, "name: [");
        assertThat(terminal.run("vm create -f " + file).err()).contains("does not define a VM");
        Files.writeString(file, "name: a\nname: b\n");
        assertThat(terminal.run("vm create -f " + file).err()).contains("does not define a VM");
        Files.writeString(file, "name: a\nlevel: system\nmemory: 512M\ncolour: red\n");
        assertThat(terminal.run("vm create -f " + file).err()).startsWith("unknown field 'colour'\n");
        Files.writeString(file, "name: a\nlevel: system\nmemory: 512M\nkernel: nowhere\n");
        Ran ran = terminal.run("vm create -f " + file);
        assertThat(ran.err()).contains("nowhere cannot be read");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    @Test
    void hostsAndStatusAreShown() {
        terminal.run(CREATE);
        assertThat(terminal.run("host list").out()).isEqualTo("""
                NAME  ROLE     SITE  STATE  LEADER  VMS  CPUS  MEMORY  FREE   QEMU        SWITCH OFF  URL
                h1    host     -     up     no      1    2     8G      7680M  7.2.22 tcg  not now     http://10.77.0.11:7700
                h2    host     -     up     no      0    2     8G      7680M  7.2.22 tcg  may be      http://10.77.0.12:7700
                w1    witness  -     up     yes     0    2     0       0      -           may be      http://10.77.0.11:7700
                """);
        assertThat(terminal.run("host show h1").out()).contains("memory       8G, 7680M free\n");
        assertThat(terminal.run("status").out()).isEqualTo("""
                cluster      lab
                ready        yes
                answered by  h1
                leader       w1
                voters       h1, h2, w1
                hosts        2 of 2 up
                vms          1, of which 1 running and 1 protected
                alarms       none
                """);
    }

    @Test
    void eventsAreShownOldestFirst() {
        cluster.happen("host-up", Severity.INFO, "h2 is up");
        cluster.happen("host-lost", Severity.WARNING, "h2 is lost");
        assertThat(terminal.run("events").out()).isEqualTo("""
                2026-11-22T16:00:01Z  INFO     h1    host-up: h2 is up
                2026-11-22T16:00:02Z  WARNING  h1    host-lost: h2 is lost
                """);
        assertThat(terminal.run("events --last 1").out()).startsWith("2026-11-22T16:00:02Z");
        assertThat(terminal.run("events --vm web-1").out()).isEmpty();
        assertThat(terminal.run("events --last 1 --output json").out())
                .startsWith("{\"sequence\":2,")
                .hasLineCount(1);
    }

    @Test
    void aForcedStartTellsWhatItCostsAndWantsToBeConfirmedByName() {
        terminal.run(CREATE + " --stopped");
        Ran shown = terminal.run("vm force-start web-1");
        assertThat(shown.out()).isEqualTo("""
                web-1 would start on h2, from what that host has (the VM is in view 1).

                  - h1 does not answer.
                  - What was written after view 3 is lost.

                """);
        assertThat(shown.err())
                .contains("Nothing was done")
                .contains("understudy vm force-start web-1 --on h2 --confirm web-1");
        assertThat(shown.exitCode()).isEqualTo(1);
        assertThat(terminal.run("vm force-start web-1 --confirm web-2").exitCode())
                .isEqualTo(1);
        assertThat(json(terminal.run("vm show web-1 --output json"))
                        .path("state")
                        .asString())
                .isEqualTo("stopped");
        Ran done = terminal.run("vm force-start web-1 --on h2 --confirm web-1");
        assertThat(done.out()).isEqualTo("web-1: running on h2, protected by h1\n");
        assertThat(terminal.run("vm force-start web-1").err()).contains("needs no forced start");
    }

    @Test
    void everyCommandTeachesByExamples() {
        for (String command : List.of(
                "vm",
                "vm create",
                "vm list",
                "vm show",
                "vm start",
                "vm stop",
                "vm delete",
                "vm protect",
                "vm switchover",
                "vm force-start",
                "host",
                "host list",
                "host show",
                "host hand-over",
                "host maintenance",
                "host remove",
                "rule",
                "rule list",
                "rule set",
                "rule remove",
                "events",
                "status",
                "completion")) {
            Ran ran = Terminal.runAlone((command + " --help").split(" ", -1));
            assertThat(ran.exitCode()).as(command).isZero();
            assertThat(ran.out()).as(command).contains("Examples:").contains("understudy " + command.split(" ", -1)[0]);
        }
    }

    @Test
    void aRuleIsSetShownAndRemoved() {
        assertThat(terminal.run("rule list").out()).isEqualTo("no rules\n");
        assertThat(terminal.run("rule set apart dns-2 dns-1").out()).isEqualTo("dns-1 and dns-2 apart\n");
        assertThat(terminal.run("rule list").out()).isEqualTo("""
                RULE   VM     OTHER  NOW
                apart  dns-1  dns-2  kept
                """);
        assertThat(terminal.run("rule remove dns-2 dns-1").out())
                .isEqualTo("dns-1 and dns-2 need not be apart any more\n");
        assertThat(terminal.run("rule remove dns-2 dns-1").err()).contains("no rule for dns-2 and dns-1");
        assertThat(terminal.run("rule set apart dns-1 dns-1").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(terminal.run("rule set near dns-1 dns-2").err()).contains("neither apart nor together");
    }

    @Test
    void theShellCompletesTheWordsOfTheOuterSurface() {
        Ran ran = Terminal.runAlone("completion");
        assertThat(ran.out()).contains("switchover").contains("\"component\"").contains("\"json\"");
    }

    private static RestServer listen(MemoryCluster cluster) {
        try {
            return new RestServer(cluster, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(Ran ran) {
        return Json.tree(ran.out().getBytes(UTF_8));
    }
}
