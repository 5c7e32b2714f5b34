package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmState;
import understudy.lab.probe.EchoClient;

/// A link that carries less than the guest writes: clients are answered all the time, and when it carries enough again
/// the guest is protected again.
@ExtendWith(OnStage.class)
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class SlowStandbyTest {
    private static final Duration REST = Duration.ofSeconds(30);
    private static final String KIND = "standby-too-slow";
    /// A queue that is short enough for heartbeats, and sends what a guest writes on at a megabyte a second.
    private static final String SLOW = "tc qdisc add dev $d root tbf rate 8mbit burst 32kb limit 64kb";

    private static void onLinks(Stage stage, String host, String command) {
        stage.node(host)
                .run(
                        "for d in $(ip -o link show type veth | awk -F': ' '{print $2}' | sed 's/@.*//' | grep '^peer'); do "
                                + command + "; done");
    }

    @Test
    void aGuestGoesOnWithoutAStandbyThatDoesNotKeepUpAndGetsItBack(Stage stage) {
        try (Vm vm = stage.create("fast", 42, List.of("h1", "h2"))) {
            String boot = vm.bootId();
            String active = vm.awaitProtected().active().orElseThrow().value();
            vm.shell("load dirty 32 >/tmp/dirtied 2>&1 & echo begun");
            try (EchoClient client = vm.client()) {
                onLinks(stage, active, SLOW);
                try {
                    Stage.eventually(
                            "the standby to be too slow",
                            Duration.ofSeconds(60),
                            () -> stage.eventsOf(vm).stream()
                                    .anyMatch(event -> event.kind().equals(KIND)));
                    vm.await("to go on without", v -> !v.isProtected() && v.state() == VmState.RUNNING);
                    Vm.awaitEchoes(client, 200);
                } finally {
                    onLinks(stage, active, "tc qdisc del dev $d root");
                }
                long began = System.nanoTime();
                vm.awaitProtected();
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(REST.multipliedBy(2));
                Vm.endFlawless(client);
            }
            assertThat(vm.bootId()).isEqualTo(boot);
        }
    }
}
