package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;

class SwitchOffTest {
    private static final Replica A = LedgerStateTest.replica("h1");
    private static final Replica B = LedgerStateTest.replica("h2");
    private static final HostName H1 = A.host();
    private static final HostName H2 = B.host();
    private static final HostName W1 = new HostName("w1");
    private static final String UNDECIDED =
            "without it there is no majority of the voters: nobody takes over what fails then, and VMs that need a lease"
                    + " stop";

    private final VmSpec web = LedgerStateTest.spec("web");
    private final VmSpec db = LedgerStateTest.spec("db", Level.COMPONENT, "1G");

    private static VmRecord vm(VmSpec spec, Placement placement, boolean granted, String... inSync) {
        return new VmRecord(
                spec, true, new View(3, placement, LedgerStateTest.volumes(spec, inSync), UUID.randomUUID(), granted));
    }

    private static List<String> obstacles(HostName host, Set<HostName> up, VmRecord... vms) {
        return SwitchOff.obstacles(state(vms), List.of(H1, H2, W1), up::contains, host);
    }

    private static List<String> lastCopies(HostName host, Set<HostName> up, VmRecord... vms) {
        return SwitchOff.lastCopies(state(vms), up::contains, host);
    }

    private static LedgerState state(VmRecord... vms) {
        TreeMap<VmId, VmRecord> records = new TreeMap<>();
        for (VmRecord vm : vms) {
            records.put(vm.spec().id(), vm);
        }
        return new LedgerState(1, records, new TreeMap<>(), new TreeMap<>(), new TreeSet<>(), new TreeSet<>());
    }

    @Test
    void aStandbyMayGoAndTheActiveMayNot() {
        VmRecord pair = vm(web, new Paired(A, B), false);
        Set<HostName> all = Set.of(H1, H2, W1);
        assertThat(obstacles(H2, all, pair)).isEmpty();
        assertThat(obstacles(W1, all, pair)).isEmpty();
        assertThat(obstacles(H1, all, pair)).containsExactly("VM web runs there");
        assertThat(obstacles(H1, all, vm(web, new Stopped(), false))).isEmpty();
    }

    @Test
    void theOnlyCopyInSyncIsNotSwitchedOffNorTheOnlyOneThatIsThere() {
        Set<HostName> all = Set.of(H1, H2, W1);
        String only = "it has the only copy in sync of disk disk0 of VM db";
        assertThat(obstacles(H2, all, vm(db, new Solo(A), false, "h1", "h2"))).isEmpty();
        assertThat(obstacles(H2, all, vm(db, new Solo(A), false, "h2"))).containsExactly(only);
        assertThat(obstacles(H2, all, vm(db, new Stopped(), false, "h2"))).containsExactly(only);
        assertThat(obstacles(H2, Set.of(H2, W1), vm(db, new Stopped(), false, "h1", "h2")))
                .contains(only);
        assertThat(obstacles(H1, all, vm(db, new Solo(A), false, "h1"))).containsExactly("VM db runs there", only);
    }

    @Test
    void whatHasNoOtherCopyKeepsItsHostOnAndNothingElseDoes() {
        Set<HostName> all = Set.of(H1, H2, W1);
        String copy = "it has the only copy in sync of disk disk0 of VM db";
        String image = "it has the only image of VM web, whose host h1 is lost";
        assertThat(lastCopies(H1, all, vm(web, new Paired(A, B), false))).isEmpty();
        assertThat(lastCopies(H1, Set.of(H1), vm(db, new Solo(A), false, "h1", "h2")))
                .containsExactly(copy);
        assertThat(lastCopies(H1, all, vm(db, new Stopped(), false, "h1"))).containsExactly(copy);
        assertThat(lastCopies(H2, all, vm(db, new Solo(A), false, "h1"))).isEmpty();
        assertThat(lastCopies(H2, Set.of(H2, W1), vm(web, new Paired(A, B), false)))
                .containsExactly(image);
    }

    @Test
    void whereNoMajorityIsLeftOnlyWhatHasASoloGrantGoesOn() {
        Set<HostName> hosts = Set.of(H1, H2);
        assertThat(obstacles(H2, hosts, vm(web, new Paired(A, B), false))).containsExactly(UNDECIDED);
        assertThat(obstacles(H2, hosts, vm(web, new Paired(A, B), true))).isEmpty();
        assertThat(obstacles(H2, hosts, vm(web, new Solo(A), false))).isEmpty();
        assertThat(obstacles(H2, hosts, vm(db, new Solo(A), false, "h1", "h2"))).containsExactly(UNDECIDED);
        assertThat(obstacles(H2, hosts, vm(db, new Solo(A), true, "h1", "h2"))).isEmpty();
        assertThat(obstacles(H2, hosts, vm(db, new Solo(A), false, "h1"))).isEmpty();
        assertThat(obstacles(H2, hosts, vm(web, new Stopped(), false))).containsExactly(UNDECIDED);
        assertThat(obstacles(H2, hosts, vm(web, new Stopped(), false).withWanted(false)))
                .isEmpty();
        assertThat(obstacles(W1, hosts, vm(web, new Paired(A, B), false))).isEmpty();
        assertThat(obstacles(W1, Set.of(H2, W1), vm(db, new Solo(A), false, "h1", "h2")))
                .as("h2 is about to take over")
                .containsExactly(UNDECIDED);
    }

    @Test
    void theOnlyImageOfAGuestWhoseHostIsLostIsNotSwitchedOff() {
        String only = "it has the only image of VM web, whose host h1 is lost";
        assertThat(obstacles(H2, Set.of(H2, W1), vm(web, new Paired(A, B), true)))
                .contains(only);
        assertThat(obstacles(H2, Set.of(H2, W1), vm(web, new Paired(A, B), false)))
                .contains(only);
        assertThat(obstacles(H2, Set.of(H1, H2, W1), vm(web, new Paired(A, B), true)))
                .isEmpty();
    }
}
