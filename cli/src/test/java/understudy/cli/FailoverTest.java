package understudy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import understudy.agent.rest.MemoryCluster;
import understudy.agent.rest.RestServer;
import understudy.api.ApiClient;
import understudy.api.Event;
import understudy.api.Event.Severity;
import understudy.model.Problem;
import understudy.model.VmName;

/// What a client makes of agents that die.
class FailoverTest {

    /// Both agents saw the first three events; the first one dies, and the other one goes on.
    @Test
    void aFollowerGoesOnWithAnotherAgentAndGetsEachEventOnce() throws Exception {
        MemoryCluster first = new MemoryCluster();
        MemoryCluster second = new MemoryCluster();
        for (int i = 1; i <= 3; i++) {
            first.happen("tick", Severity.INFO, "event " + i);
            second.happen("tick", Severity.INFO, "event " + i);
        }
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        RestServer one = listen(first);
        try (RestServer other = listen(second);
                ApiClient client = new ApiClient(
                        List.of(one.urls().getFirst(), other.urls().getFirst()))) {
            Thread follower = Thread.startVirtualThread(() -> client.follow(1, event -> got.add(event.text())));
            assertThat(List.of(next(got), next(got))).containsExactly("event 2", "event 3");
            one.close();
            second.happen("tick", Severity.INFO, "event 4");
            assertThat(next(got)).isEqualTo("event 4");
            follower.interrupt();
            follower.join();
        }
        assertThat(got).isEmpty();
    }

    @Test
    void aFollowerComesBackToTheSameAgentWhereItWas() throws Exception {
        MemoryCluster cluster = new MemoryCluster();
        cluster.happen("tick", Severity.INFO, "event 1");
        BlockingQueue<Event> got = new LinkedBlockingQueue<>();
        RestServer server = listen(cluster);
        URI url = server.urls().getFirst();
        try (ApiClient client = new ApiClient(List.of(url))) {
            Thread follower = Thread.startVirtualThread(() -> client.follow(0, got::add));
            assertThat(got.poll(10, TimeUnit.SECONDS))
                    .extracting(Event::sequence)
                    .isEqualTo(1L);
            server.close();
            cluster.happen("tick", Severity.INFO, "event 2");
            try (RestServer again = new RestServer(
                    cluster, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), url.getPort())))) {
                assertThat(again.urls()).containsExactly(url);
                assertThat(got.poll(10, TimeUnit.SECONDS))
                        .extracting(Event::sequence)
                        .isEqualTo(2L);
                follower.interrupt();
                follower.join();
            }
        }
    }

    /// Whether the VM was started cannot be known, so it is neither claimed nor tried with the other agent.
    @Test
    void aChangeThatAnAgentTookAndDidNotAnswerIsNotSentAgain() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        MemoryCluster cluster = new MemoryCluster();
        try (ServerSocket dying = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                RestServer other = listen(cluster);
                ApiClient client = new ApiClient(List.of(
                        URI.create("http://127.0.0.1:" + dying.getLocalPort()),
                        other.urls().getFirst()))) {
            Thread.startVirtualThread(() -> takeAndHangUp(dying, taken));
            Problem.Refused refused =
                    catchThrowableOfType(Problem.Refused.class, () -> client.start(new VmName("web-1")));
            assertThat(refused.problem().code()).isEqualTo(ApiClient.NO_ANSWER);
            assertThat(ExitCode.of(refused.problem())).isEqualTo(ExitCode.NO_CLUSTER);
            assertThat(taken).hasValue(1);
            assertThat(client.vms()).isEmpty();
        }
    }

    @Test
    void whateverIsNoAgentIsToldSo() throws Exception {
        try (ServerSocket stranger = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                ApiClient client = new ApiClient(List.of(URI.create("http://127.0.0.1:" + stranger.getLocalPort())))) {
            Thread.startVirtualThread(() -> greet(stranger));
            Problem.Refused refused = catchThrowableOfType(Problem.Refused.class, client::status);
            assertThat(refused.problem().code()).isEqualTo("bad-answer");
        }
    }

    @Test
    void anAgentThatIsOnlySlowIsWaitedForWhenNobodyElseAnswers() throws Exception {
        try (ServerSocket slow = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                ApiClient client = new ApiClient(List.of(URI.create("http://127.0.0.1:" + slow.getLocalPort())))) {
            Thread.startVirtualThread(() -> answerTheSecond(slow));
            assertThat(client.vms()).isEmpty();
        }
    }

    private static void answerTheSecond(ServerSocket server) {
        try (Socket first = server.accept();
                Socket second = server.accept()) {
            assertThat(first.getInputStream().read(new byte[4096])).isPositive();
            assertThat(second.getInputStream().read(new byte[4096])).isPositive();
            byte[] none = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]".getBytes(StandardCharsets.UTF_8);
            second.getOutputStream().write(none);
        } catch (IOException e) {
            // The test ended first.
            return;
        }
    }

    private static void takeAndHangUp(ServerSocket server, AtomicInteger taken) {
        while (true) {
            try (Socket socket = server.accept()) {
                if (socket.getInputStream().read(new byte[1]) == 1) {
                    taken.incrementAndGet();
                }
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void greet(ServerSocket server) {
        try (Socket socket = server.accept()) {
            byte[] page = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>".getBytes(StandardCharsets.UTF_8);
            socket.getInputStream().read(new byte[4096]);
            socket.getOutputStream().write(page);
        } catch (IOException e) {
            // The test ended first.
            return;
        }
    }

    private static String next(BlockingQueue<String> got) throws InterruptedException {
        return String.valueOf(got.poll(10, TimeUnit.SECONDS));
    }

    private static RestServer listen(MemoryCluster cluster) throws IOException {
        return new RestServer(cluster, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
    }
}
