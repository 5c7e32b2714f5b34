package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Care;
import understudy.model.Moment;
import understudy.model.Placement.Stopped;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;

class StartOrderTest {
    private final VmRecord database = vm("database", 10, 0);
    private final VmRecord service = vm("service", 20, 5);
    private final VmRecord usual = vm("usual", Care.USUAL_ORDER, 0);
    private final List<VmRecord> all = List.of(service, usual, database);

    private StartOrder order = StartOrder.from(at(0));

    private static Moment at(long seconds) {
        return new Moment(seconds * 1_000_000_000);
    }

    private static VmRecord vm(String name, int number, int delay) {
        return new VmRecord(
                LedgerStateTest.spec(name).with(Care.DEFAULT.starting(number, delay)),
                true,
                new View(1, new Stopped(), UUID.randomUUID()));
    }

    private Collection<VmId> held(long second) {
        return order.held(all, at(second));
    }

    private void up(long second, VmRecord... vms) {
        Set<VmId> ids = new TreeSet<>();
        for (VmRecord vm : vms) {
            ids.add(vm.spec().id());
        }
        order = order.seen(ids, at(second));
    }

    private static List<VmId> ids(VmRecord... vms) {
        return List.of(vms).stream().map(vm -> vm.spec().id()).toList();
    }

    @Test
    void eachWaitsForThoseOfLowerOrdersAndThenForItsDelay() {
        assertThat(held(0)).containsExactlyInAnyOrderElementsOf(ids(service, usual));
        up(3, database);
        assertThat(held(7)).containsExactlyInAnyOrderElementsOf(ids(service, usual));
        assertThat(held(8)).containsExactlyElementsOf(ids(usual));
        up(9, database, service);
        assertThat(held(9)).isEmpty();
    }

    @Test
    void whatDoesNotComeUpHoldsTheOthersForABoundedTime() {
        assertThat(held(59)).containsExactlyInAnyOrderElementsOf(ids(service, usual));
        assertThat(held(65)).containsExactlyElementsOf(ids(usual));
        assertThat(held(124)).containsExactlyElementsOf(ids(usual));
        assertThat(held(125)).isEmpty();
    }

    @Test
    void whatCameUpAndFailedHoldsNobodyAgain() {
        up(1, database);
        up(2);
        assertThat(held(5)).isEqualTo(new TreeSet<>(ids(service, usual)));
        up(6, service);
        up(7);
        assertThat(held(7)).isEmpty();
    }

    /// An agent was restarted in a cluster that runs, and the host of one of its VMs is lost the moment after.
    @Test
    void whatRunsAlreadyHasHadItsTurn() {
        up(0, service, usual);
        assertThat(held(1)).isEmpty();
    }

    @Test
    void whatNobodyWantsIsNotWaitedFor() {
        List<VmRecord> some = List.of(database.withWanted(false), service, usual);
        assertThat(order.held(some, at(5))).containsExactlyElementsOf(ids(usual));
    }

    @Test
    void vmsOfTheUsualOrderAreNeverHeld() {
        assertThat(order.held(List.of(usual, vm("other", Care.USUAL_ORDER, 0)), at(0)))
                .isEmpty();
    }

    /// Whatever comes up or not: nothing is held for ever, nothing starts before a lower order had its time, and what
    /// may start once may start from then on.
    @Test
    void everyTurnComesOnceAndInOrder() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<VmRecord> vms = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                vms.add(vm("vm" + i, random.nextInt(4), random.nextInt(20)));
            }
            StartOrder turns = StartOrder.from(at(0));
            Set<VmId> running = new TreeSet<>();
            Set<VmId> free = new TreeSet<>();
            for (int second = 0; second < 4 * (20 + 60) + 1; second++) {
                Set<VmId> held = turns.held(vms, at(second));
                assertThat(held).as("seed %d: what is free stays so", seed).noneMatch(free::contains);
                for (VmRecord vm : vms) {
                    VmId id = vm.spec().id();
                    if (!held.contains(id) && free.add(id)) {
                        boolean allBefore = vms.stream()
                                .filter(other -> other.spec().care().startOrder()
                                        < vm.spec().care().startOrder())
                                .allMatch(other -> running.contains(other.spec().id()));
                        assertThat(allBefore || second >= StartOrder.UP_MAX.toSeconds())
                                .as("seed %d, second %d", seed, second)
                                .isTrue();
                    }
                    if (!held.contains(id) && random.nextInt(20) == 0) {
                        running.add(id);
                    }
                }
                turns = turns.seen(running, at(second));
            }
            Duration bound = Duration.ofSeconds(4 * (20 + 60));
            assertThat(turns.held(vms, at(bound.toSeconds())))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }
}
