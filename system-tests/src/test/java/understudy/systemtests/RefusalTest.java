package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;
import understudy.api.Json;
import understudy.cli.ExitCode;
import understudy.cli.UnderstudyCommand;
import understudy.lab.Installation;

/// What is refused, in the words and with the exit codes that a user of the commands gets.
@ExtendWith(OnStage.class)
class RefusalTest {

    /// What a command said.
    private record Said(int exitCode, String out, String err) {}

    private static Said understudy(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = UnderstudyCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        return new Said(command.execute(words), out.toString(), err.toString());
    }

    private static void assertRefused(Said said, String... texts) {
        assertThat(said.exitCode()).as(said.toString()).isEqualTo(ExitCode.REFUSED);
        assertThat(said.err()).contains(texts);
        assertThat(said.err()).doesNotContain("\tat ").doesNotContain("Exception");
    }

    @Test
    void aVmThatIsLargerThanAnyHost(Stage stage) {
        assertRefused(
                understudy("vm", "create", "big", "--level", "system", "--memory", "2G"),
                "no two hosts",
                "2G",
                "Make the VM smaller");
        assertRefused(
                understudy("vm", "create", "big", "--level", "system", "--memory", "2G", "--on", "h1,h2"),
                "h1 has",
                "big needs 2G");
        assertThat(stage.api().vms()).noneMatch(vm -> vm.name().value().equals("big"));
    }

    @Test
    void memoryThatOtherVmsHaveBeenPromised(Stage stage) {
        stage.vm();
        assertRefused(
                understudy("vm", "create", "big", "--level", "system", "--memory", "1G", "--on", "h2,h1"),
                "h2 has 896 MiB of memory left",
                "big needs 1G");
    }

    @Test
    void aLevelThatThisVersionDoesNotHave(Stage stage) {
        assertThat(stage.lab().urls()).isNotEmpty();
        assertRefused(
                understudy("vm", "create", "w", "--level", "component", "--memory", "128M"),
                "Level component is not available",
                "--level system");
    }

    @Test
    void machinesAndProcessorsThatThePairDoesNotShare(Stage stage) {
        assertThat(stage.lab().urls()).isNotEmpty();
        Said machine =
                understudy("vm", "create", "w", "--level", "system", "--memory", "128M", "--machine", "pc-q35-99.9");
        assertRefused(machine, "pc-q35-99.9", "what to do");
        Said cpu = understudy("vm", "create", "w", "--level", "system", "--memory", "128M", "--cpu", "host");
        assertRefused(cpu, "host", "what to do");
    }

    @Test
    void namesThatAreTakenUnknownOrNone(Stage stage) {
        stage.vm();
        assertRefused(
                understudy("vm", "create", "usual", "--level", "system", "--memory", "128M", "--stopped"), "usual");
        assertRefused(understudy("vm", "show", "nobody"), "no VM named nobody", "understudy vm list");
        assertRefused(understudy("vm", "stop", "nobody"), "no VM named nobody");
        assertRefused(understudy("vm", "switchover", "nobody"), "no VM named nobody");
        assertRefused(
                understudy("vm", "create", "w", "--level", "system", "--memory", "128M", "--on", "h1,h9"),
                "no host named h9");
    }

    @Test
    void theDeletionOfAVmThatRuns(Stage stage) {
        Vm vm = stage.vm();
        assertRefused(understudy("vm", "delete", "usual"), "not stopped", "understudy vm stop usual");
        vm.awaitProtected();
    }

    @Test
    void theSwitchoverOfAVmWithoutAStandby(Stage stage) {
        try (Vm solo = stage.create("single", 23, List.of("h2"))) {
            assertRefused(understudy("vm", "switchover", solo.name()), "no standby");
        }
    }

    @Test
    void wrongFlags(Stage stage) {
        assertThat(stage.lab().urls()).isNotEmpty();
        for (List<String> words : List.of(
                List.of("vm", "create", "w", "--level", "sistem", "--memory", "128M"),
                List.of("vm", "create", "w", "--level", "system", "--memory", "lots"),
                List.of("vm", "create", "w", "--level", "system"),
                List.of("vm", "create", "W_W", "--level", "system", "--memory", "128M"),
                List.of("vm", "create", "w", "--level", "system", "--memory", "128M", "--fast"),
                List.of("vm", "shwo", "w"))) {
            Said said = understudy(words.toArray(String[]::new));
            assertThat(said.exitCode()).as(words + " " + said).isEqualTo(ExitCode.USAGE);
            assertThat(said.err()).contains("what to do: ").doesNotContain("\tat ");
        }
        assertThat(stage.api().vms()).noneMatch(vm -> vm.name().value().equals("w"));
    }

    @Test
    void aRefusalIsTheSameProblemInJson(Stage stage) {
        assertThat(stage.lab().urls()).isNotEmpty();
        Said said = understudy("vm", "show", "nobody", "--output", "json");
        assertThat(said.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(Json.tree(said.out().getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .path("code")
                        .asString(""))
                .isEqualTo("no-such-vm");
    }

    @Test
    void jsonThatIsNoneOrNotAsAgreed(Stage stage) throws Exception {
        String vms = stage.lab().urls().getFirst() + "/api/v1/vms";
        assertProblem(post(vms, "{\"name\": \"w\", "), 400, "bad-json");
        assertProblem(post(vms, "[]"), 400, "bad-");
        assertProblem(
                post(vms, "{\"name\": \"w\", \"level\": \"system\", \"memory\": \"128M\", \"colour\": 1}"),
                400,
                "bad-");
        assertProblem(post(vms, "{\"name\": \"w\", \"level\": \"system\", \"memory\": \"-1\"}"), 400, "bad-");
        assertProblem(post(vms, "{\"name\": \"w\", \"level\": \"system\"}"), 400, "bad-");
        assertThat(stage.api().vms()).noneMatch(vm -> vm.name().value().equals("w"));
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains("\"code\"", code, "\"message\"", "\"correction\"");
    }

    private static HttpResponse<String> post(String url, String body) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void theBuiltProgramEndsWithTheSameCodes(Stage stage) throws Exception {
        assertThat(stage.lab().urls()).isNotEmpty();
        assertThat(program("vm", "list")).isEqualTo(ExitCode.OK);
        assertThat(program("vm", "show", "nobody")).isEqualTo(ExitCode.REFUSED);
        assertThat(program("vm", "show")).isEqualTo(ExitCode.USAGE);
        assertThat(program("vm", "list", "--url", "http://127.0.0.1:9")).isEqualTo(ExitCode.NO_CLUSTER);
    }

    private static int program(String... words) throws IOException, InterruptedException {
        Installation installation = Installation.find();
        List<String> command = new java.util.ArrayList<>(List.of(
                installation.java().toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                installation.libraries() + "/*",
                "understudy.distribution.Main"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException(command + " does not end");
        }
        return process.exitValue();
    }
}
