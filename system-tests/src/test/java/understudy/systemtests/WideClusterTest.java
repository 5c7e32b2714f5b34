package understudy.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import understudy.api.VmStatus;
import understudy.lab.probe.EchoClient;
import understudy.model.HostName;
import understudy.model.PlacementRule;
import understudy.model.PlacementRule.Kind;
import understudy.model.VmName;

/// Eight hosts and a witness. Two VMs that are to be apart share no host; the host of one dies, and it goes on, and
/// gets
/// another host that is none of the other's.
@ExtendWith(OnStage.class)
@OnStage.Hosts(8)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class WideClusterTest {
    @Test
    void vmsThatAreToBeApartStaySoWhenAHostIsLostAndAnotherTakesItsPlace(Stage stage) {
        // Of nine that begin at once on a small machine one may come late, and get its vote then.
        Stage.eventually("five of nine to vote, the witness among them", Vm.PATIENCE, () -> {
            List<HostName> voters = stage.api().status().voters();
            return voters.size() == 5 && voters.contains(new HostName("w1"));
        });
        Vm one = stage.create("one", 10);
        stage.api().setRule(PlacementRule.of(Kind.APART, one.id(), new VmName("two")));
        Vm two = stage.create("two", 11);
        one.awaitProtected();
        two.awaitProtected();
        assertApart(one, two);
        String boot = one.bootId();
        try (EchoClient first = one.client();
                EchoClient second = two.client()) {
            VmStatus before = one.status();
            String lost = before.active().orElseThrow().value();
            stage.lab().breakHost(lost);
            one.awaitActiveOn(before.standby().orElseThrow().value());
            Vm.awaitEchoes(first, 100);
            Vm.awaitEchoes(second, 100);
            one.await("to have another host", it -> !it.hosts().contains(new HostName(lost)));
            one.awaitProtected();
            assertApart(one, two);
            stage.lab().repairHost(lost);
            Stage.eventually(
                    lost + " to be ready",
                    Vm.PATIENCE,
                    () -> stage.api(lost).status().ready());
            Vm.endFlawless(first);
            Vm.endFlawless(second);
        }
        assertThat(one.bootId()).isEqualTo(boot);
        one.close();
        two.close();
    }

    private static void assertApart(Vm one, Vm two) {
        Set<HostName> hosts = new HashSet<>(one.status().hosts());
        hosts.addAll(two.status().hosts());
        assertThat(hosts).as("hosts of both").hasSize(4);
    }
}
