package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.lab.DebianBuild;
import understudy.lab.DebianGuest;
import understudy.lab.Installation;
import understudy.lab.LabVm;
import understudy.lab.Progress;
import understudy.lab.probe.Pgbench;
import understudy.lab.probe.PostgresClient;
import understudy.model.Level;

/// Debian with PostgreSQL, as `apt-get` installs them, booted from its disk by BIOS. Its hosts lose their power under
/// eight clients, one after the other, and at last both at once.
@ExtendWith(OnStage.class)
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class PostgresTest {
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration WORK = Duration.ofSeconds(5);
    private static final Duration LAST_TRANSACTIONS = Duration.ofSeconds(30);

    @Test
    void eachTransactionThatAClientWasToldOfIsThereAndNoConnectionBroke(Stage stage) throws IOException {
        DebianGuest debian = new DebianBuild(Installation.cacheFolder(), new Progress(System.out)).guest();
        LabVm.create(stage.api(), debian, LabVm.Wish.usual("postgres").at(Level.SYSTEM));
        PostgresClient client = new PostgresClient(stage.lab().clientNamespace(), debian);
        try (Vm vm = new Vm(stage, "postgres", DebianGuest.ADDRESS)) {
            client.await(BOOT, () -> {});
            client.prepare();
            String boot = client.bootId();
            long committed;
            try (Pgbench pgbench = Pgbench.start(client, Pgbench.Script.READ_WRITE)) {
                for (String lost : List.of("h1", "h2")) {
                    vm.awaitVerified();
                    work(pgbench);
                    assertThat(vm.active()).isEqualTo(lost);
                    stage.lab().breakHost(lost);
                    vm.awaitActiveOn(Stage.otherThan(lost));
                    work(pgbench);
                    stage.lab().repairHost(lost);
                }
                vm.awaitVerified();
                Pgbench.Report report = pgbench.stop(LAST_TRANSACTIONS);
                assertThat(report.trouble()).isEmpty();
                committed = report.committed();
            }
            assertThat(committed).isPositive();
            assertThat(client.audit(committed)).isEmpty();
            assertThat(client.bootId()).isEqualTo(boot);
            bothLoseTheirPower(stage, vm);
            client.await(BOOT, () -> {});
            assertThat(client.bootId()).isNotEqualTo(boot);
            assertThat(client.audit(committed)).isEmpty();
        }
    }

    /// All connections are busy for a while.
    private static void work(Pgbench pgbench) {
        Stage.during(
                WORK,
                () -> assertThat(pgbench.isAtWork()).as("pgbench is at work").isTrue());
        Stage.eventually("transactions to be committed", WORK, () -> pgbench.rate() > 0);
    }

    private static void bothLoseTheirPower(Stage stage, Vm vm) {
        vm.awaitProtected();
        stage.lab().breakHost("h1");
        stage.lab().breakHost("h2");
        stage.lab().repairHost("h1");
        stage.lab().repairHost("h2");
    }
}
