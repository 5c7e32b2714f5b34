package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import understudy.linux.NetworkNamespace;

/// Programs that others wrote and run, in a guest of level system whose active host loses its power under them: they
/// and their clients go on, on the same connections, and find nothing wrong.
@ExtendWith(OnStage.class)
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class ApplicationsTest {
    private static final String ADDRESS = "10.77.0.40";
    private static final int REDIS = 6379;
    private static final Duration COMMAND = Duration.ofMinutes(1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final String STRESS =
            "/usr/bin/stress-ng --vm 1 --vm-bytes 48M --vm-method all --verify --timeout 30s --metrics-brief";

    @Test
    void bothWaysOfIperfAndStressNgAndRedisGoOn(Stage stage) throws IOException {
        Vm vm = stage.createWithApplications("busy", 40, List.of("h1", "h2"));
        vm.shell("echo there");
        vm.awaitProtected();
        String boot = vm.bootId();
        vm.run("iperf3 -s -D >/dev/null 2>&1");
        vm.run("redis-server --save '' --appendonly no --protected-mode no --daemonize yes >/dev/null");
        iperfGoesOnBothWays(vm);
        stressNgFindsNothing(vm);
        redisKeepsWhatItAnswered(vm);
        redisBenchmarkSeesNoError(vm);
        assertThat(vm.bootId()).isEqualTo(boot);
        vm.close();
    }

    /// Its control connection and both streams live through it, and bytes arrive after it, too.
    private static void iperfGoesOnBothWays(Vm vm) throws IOException {
        JsonNode report;
        try (Client client = Client.start(vm, "iperf3", "-c", ADDRESS, "--bidir", "-t", "30", "-J")) {
            loseActive(vm, client::isAtWork);
            // It names one property twice.
            report = new ObjectMapper().readTree(client.output());
        }
        assertThat(report.path("error").asString(""))
                .as("what iperf3 complains of")
                .isEmpty();
        JsonNode end = report.path("end");
        for (String sum : List.of("sum_received", "sum_received_bidir_reverse")) {
            assertThat(end.path(sum).path("bytes").asLong()).as(sum).isPositive();
        }
        JsonNode last = report.path("intervals").path(report.path("intervals").size() - 1);
        for (String sum : List.of("sum", "sum_bidir_reverse")) {
            assertThat(last.path(sum).path("bytes").asLong())
                    .as(sum + " of the last second")
                    .isPositive();
        }
        restore(vm);
    }

    private static void stressNgFindsNothing(Vm vm) {
        vm.run("rm -f /tmp/stress.*; { (" + STRESS + " >/tmp/stress.out 2>&1; echo $? >/tmp/stress.status)"
                + " </dev/null >/dev/null 2>&1 & }");
        loseActive(vm, () -> !hasEnded(vm));
        Stage.eventually("stress-ng to end", PATIENCE, () -> hasEnded(vm));
        assertThat(vm.run("cat /tmp/stress.status")).as(() -> told(vm)).containsExactly("0");
        assertThat(told(vm)).contains("successful run completed").doesNotContain("fail");
        restore(vm);
    }

    private static boolean hasEnded(Vm vm) {
        return !vm.run("cat /tmp/stress.status 2>/dev/null || true").isEmpty();
    }

    private static String told(Vm vm) {
        return String.join("\n", vm.run("cat /tmp/stress.out"));
    }

    /// What was answered on one connection before the loss is there after it, and each answer is the next one.
    private static void redisKeepsWhatItAnswered(Vm vm) throws IOException {
        try (SocketChannel channel = NetworkNamespace.inside(vm.stage().lab().clientNamespace(), SocketChannel::open)) {
            channel.socket().setSoTimeout((int) COMMAND.toMillis());
            channel.connect(new InetSocketAddress(ADDRESS, REDIS));
            InputStream in = new BufferedInputStream(channel.socket().getInputStream());
            int before = write(channel, in, 0, 300);
            loseActive(vm, () -> true);
            int all = write(channel, in, before, 300);
            for (int i = 1; i <= all; i++) {
                assertThat(ask(channel, in, "GET key:" + i))
                        .isEqualTo("$" + String.valueOf(i).length());
                assertThat(line(in)).isEqualTo(String.valueOf(i));
            }
        }
        restore(vm);
    }

    /// @return how many were written in all
    private static int write(SocketChannel channel, InputStream in, int before, int more) throws IOException {
        for (int i = before + 1; i <= before + more; i++) {
            assertThat(ask(channel, in, "INCR counter")).isEqualTo(":" + i);
            assertThat(ask(channel, in, "SET key:" + i + " " + i)).isEqualTo("+OK");
        }
        return before + more;
    }

    private static void redisBenchmarkSeesNoError(Vm vm) throws IOException {
        try (Client client = Client.start(
                vm, "redis-benchmark", "-h", ADDRESS, "-c", "8", "-n", "20000", "-d", "64", "-t", "set,get", "--csv")) {
            loseActive(vm, client::isAtWork);
            assertThat(client.output()).contains("\"SET\"").contains("\"GET\"").doesNotContain("rror");
        }
        restore(vm);
    }

    /// Its active host loses its power in the midst of the work.
    ///
    /// @param isAtWork asked at the last moment
    private static void loseActive(Vm vm, BooleanSupplier isAtWork) {
        long begun = System.nanoTime();
        vm.awaitProtected();
        String active = vm.active();
        Stage.eventually("work to be under way", COMMAND, () -> System.nanoTime() - begun > WARM_UP.toNanos());
        assertThat(isAtWork.getAsBoolean()).as("it is still at work").isTrue();
        vm.stage().lab().breakHost(active);
        vm.awaitActiveOn(Stage.otherThan(active));
    }

    private static void restore(Vm vm) {
        vm.stage().lab().repairHost(Stage.otherThan(vm.active()));
        vm.awaitVerified();
    }

    /// A program in the client's network that does not outlive its test.
    private record Client(Process process) implements AutoCloseable {
        static Client start(Vm vm, String... command) throws IOException {
            List<String> whole = Stream.concat(
                            Stream.of("nsenter", "--net=" + vm.stage().lab().clientNamespace()), Stream.of(command))
                    .toList();
            Process process =
                    new ProcessBuilder(whole).redirectErrorStream(true).start();
            process.getOutputStream().close();
            return new Client(process);
        }

        boolean isAtWork() {
            return process.isAlive();
        }

        /// What it printed, once it has succeeded.
        String output() {
            String output = CompletableFuture.supplyAsync(this::read)
                    .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
            assertThat(process.onExit().join().exitValue()).as(output).isZero();
            return output;
        }

        private String read() {
            try {
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static String ask(SocketChannel channel, InputStream in, String command) throws IOException {
        channel.socket().getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return line(in);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the connection ended after " + line);
            }
            line.append((char) next);
        }
        return line.toString().strip();
    }
}
