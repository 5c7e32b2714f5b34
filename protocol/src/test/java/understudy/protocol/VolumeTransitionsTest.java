package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeView;

class VolumeTransitionsTest {
    private static final Replica A = LedgerStateTest.replica("h1");
    private static final Replica A2 = LedgerStateTest.replica("h1");
    private static final Replica B = LedgerStateTest.replica("h2");
    private static final HostName H1 = A.host();
    private static final HostName H2 = B.host();

    private final VmSpec spec = LedgerStateTest.spec("db", Level.COMPONENT, "1G");
    private final VmSpec two = LedgerStateTest.spec("db", Level.COMPONENT, "1G", "2G");

    @Test
    void theActiveTakesAReplicaOutAndIn() {
        assertAllowed(solo(A, "h1", "h2"), solo(A, "h1"));
        assertAllowed(solo(A, "h1", "h2"), solo(A, "h2"));
        assertAllowed(solo(A, "h1"), solo(A, "h1", "h2"));
        assertAllowed(solo(A, "h2"), solo(A, "h1", "h2"));
    }

    @Test
    void aReplicaComesInOnlyByACopyFromOneThatStays() {
        assertRefused(solo(A, "h1"), solo(A, "h2"), "replica-out-of-turn");
        assertRefused(solo(A, "h2"), solo(A, "h1"), "replica-out-of-turn");
    }

    @Test
    void aNewLifeAStartAndAStopOnlyTakeOut() {
        assertAllowed(solo(A, "h1", "h2"), solo(A2, "h1"));
        assertAllowed(solo(A, "h2"), solo(A2, "h2"));
        assertAllowed(solo(A, "h1", "h2"), stopped("h2"));
        assertAllowed(stopped("h1", "h2"), solo(A, "h2"));
        assertRefused(solo(A, "h1"), solo(A2, "h1", "h2"), "replica-out-of-turn");
        assertRefused(solo(A, "h1"), stopped("h1", "h2"), "replica-out-of-turn");
        assertRefused(stopped("h1"), solo(A, "h1", "h2"), "replica-out-of-turn");
    }

    @Test
    void onlyAHostThatHasAllVolumesBecomesActive() {
        assertAllowed(stopped("h1", "h2"), solo(B, "h2"));
        assertRefused(stopped("h1"), solo(B, "h1"), "replica-not-in-sync");
        List<VolumeView> mixed = List.of(
                LedgerStateTest.volumes(two, "h1", "h2").getFirst(),
                LedgerStateTest.volumes(two, "h2").getLast());
        VmRecord vm = record(two, new Stopped(), mixed);
        assertThat(refusal(vm, new Solo(B), mixed)).isEmpty();
        assertThat(refusal(vm, new Solo(A), mixed)).contains("replica-not-in-sync");
    }

    @Test
    void whereNoHostHasAllVolumesAnyMayBecomeActive() {
        List<VolumeView> crossed = List.of(
                LedgerStateTest.volumes(two, "h1").getFirst(),
                LedgerStateTest.volumes(two, "h2").getLast());
        VmRecord vm = record(two, new Stopped(), crossed);
        assertThat(refusal(vm, new Solo(A), crossed)).isEmpty();
        assertThat(refusal(vm, new Solo(B), crossed)).isEmpty();
    }

    @Test
    void onlyAReplicaThatIsOutOfSyncIsReplacedAndOnlyByTheActive() {
        List<VolumeView> out = LedgerStateTest.volumes(spec, "h1");
        List<VolumeView> replaced = List.of(out.getFirst().replaced(H2, UUID.randomUUID()));
        assertThat(replaced).isNotEqualTo(out);
        assertThat(refusal(record(spec, new Solo(A), out), new Solo(A), replaced))
                .isEmpty();
        assertThat(refusal(record(spec, new Solo(A), out), new Solo(A2), replaced))
                .contains("replica-out-of-turn");
        assertThat(refusal(record(spec, new Stopped(), out), new Solo(A), replaced))
                .contains("replica-out-of-turn");
        List<VolumeView> inAtOnce = List.of(replaced.getFirst().with(H2));
        assertThat(refusal(record(spec, new Solo(A), out), new Solo(A), inAtOnce))
                .contains("replica-out-of-turn");
    }

    @Test
    void aViewHasTheVolumesOfItsVm() {
        VmRecord vm = record(spec, new Solo(A), LedgerStateTest.volumes(spec, "h1"));
        assertThat(refusal(vm, new Solo(A), List.of())).contains("view-volumes");
        assertThat(refusal(vm, new Solo(A), LedgerStateTest.volumes(two, "h1"))).contains("view-volumes");
        VolumeView half = new VolumeView(
                spec.disks().getFirst().id(),
                List.of(vm.view().volumes().getFirst().on(H1).orElseThrow()));
        assertThat(refusal(vm, new Solo(A), List.of(half))).contains("view-volumes");
    }

    /// Random views against what the table promises, however they come about.
    @Test
    void noSequenceOfViewsLosesTheLastCopyOrTakesInWhatNobodyCopied() {
        List<Replica> replicas = List.of(A, A2, B);
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            VmRecord vm = record(two, new Stopped(), LedgerStateTest.volumes(two, "h1", "h2"));
            for (int i = 0; i < 100; i++) {
                Placement next = random.nextInt(4) == 0 ? new Stopped() : new Solo(replicas.get(random.nextInt(3)));
                List<VolumeView> volumes = vm.view().volumes().stream()
                        .map(volume -> random(random, volume))
                        .toList();
                if (refusal(vm, next, volumes).isEmpty()) {
                    check(vm.view(), next, volumes, seed);
                    vm = record(two, next, volumes);
                }
            }
        }
    }

    private static VolumeView random(SplittableRandom random, VolumeView volume) {
        return switch (random.nextInt(6)) {
            case 0 -> volume.with(H1);
            case 1 -> volume.with(H2);
            case 2 -> volume.keeping(H1::equals);
            case 3 -> volume.keeping(H2::equals);
            case 4 -> volume.replaced(random.nextBoolean() ? H1 : H2, new UUID(0, random.nextLong()));
            default -> volume;
        };
    }

    private void check(View before, Placement next, List<VolumeView> volumes, long seed) {
        Optional<HostName> active = next.activeReplica().map(Replica::host);
        boolean same = before.placement().activeReplica().equals(next.activeReplica()) && active.isPresent();
        for (int i = 0; i < volumes.size(); i++) {
            List<HostName> was = before.volumes().get(i).inSync();
            List<HostName> is = volumes.get(i).inSync();
            assertThat(is).as("seed %d", seed).containsAnyElementsOf(was);
            if (!same) {
                assertThat(was).as("seed %d", seed).containsAll(is);
            }
        }
        if (active.isPresent() && !before.isActive(active.get())) {
            assertThat(before.starters(two.hosts())).as("seed %d", seed).contains(active.get());
        }
    }

    // ---- the words of this test ----

    private record Situation(Placement placement, List<VolumeView> volumes) {}

    private Situation solo(Replica active, String... inSync) {
        return new Situation(new Solo(active), LedgerStateTest.volumes(spec, inSync));
    }

    private Situation stopped(String... inSync) {
        return new Situation(new Stopped(), LedgerStateTest.volumes(spec, inSync));
    }

    private void assertAllowed(Situation from, Situation to) {
        assertThat(refusal(record(spec, from.placement, from.volumes), to.placement, to.volumes))
                .as("%s -> %s", from, to)
                .isEmpty();
    }

    private void assertRefused(Situation from, Situation to, String code) {
        assertThat(refusal(record(spec, from.placement, from.volumes), to.placement, to.volumes))
                .as("%s -> %s", from, to)
                .contains(code);
    }

    private static Optional<String> refusal(VmRecord vm, Placement next, List<VolumeView> volumes) {
        return Transitions.refusal(vm, vm.view().next(next, new ArrayList<>(volumes), UUID.randomUUID()))
                .map(Problem::code);
    }

    private static VmRecord record(VmSpec spec, Placement placement, List<VolumeView> volumes) {
        return new VmRecord(spec, true, new View(7, placement, volumes, UUID.randomUUID()));
    }
}
