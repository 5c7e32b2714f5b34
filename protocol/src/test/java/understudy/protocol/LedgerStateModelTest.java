package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerCommand.ChangeView;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.DeleteVm;
import understudy.protocol.LedgerCommand.SetWanted;

/// Random commands, late and repeated ones among them, against a twin that keeps plain mutable maps and knows
/// only "the number goes up by one, and by one proposal".
class LedgerStateModelTest {
    private static final Replica[] REPLICAS = {LedgerStateTest.replica("h1"), LedgerStateTest.replica("h2")};

    private final Map<VmId, List<View>> twin = new LinkedHashMap<>();
    private final List<LedgerCommand> sent = new ArrayList<>();
    private final List<VmSpec> specs = new ArrayList<>();

    @Test
    void everyViewHasOneWinnerAndAWinnerStaysWhatItWas() {
        for (long seed = 0; seed < 300; seed++) {
            run(new SplittableRandom(seed), seed);
        }
    }

    private void run(SplittableRandom random, long seed) {
        twin.clear();
        sent.clear();
        specs.clear();
        for (String name : List.of("a", "b", "a")) {
            specs.add(LedgerStateTest.spec(name));
        }
        LedgerState state = LedgerState.empty();
        for (int i = 0; i < 120; i++) {
            LedgerCommand command = command(random, state);
            sent.add(command);
            LedgerState.Applied applied = state.apply(command);
            if (applied.answer() instanceof Accepted) {
                record(command);
            } else {
                assertThat(applied.state().vms()).as("seed %d", seed).isEqualTo(state.vms());
            }
            state = applied.state();
            checkMoves(state, seed);
            check(state, seed, i + 1);
        }
    }

    private void check(LedgerState state, long seed, long applied) {
        assertThat(state.applied()).as("seed %d", seed).isEqualTo(applied);
        assertThat(state.vms().keySet()).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(twin.keySet());
        twin.forEach((id, views) -> assertThat(state.vm(id).orElseThrow().view())
                .as("seed %d", seed)
                .isEqualTo(views.getLast()));
        assertThat(state.vms().values().stream().map(vm -> vm.spec().name()))
                .as("seed %d", seed)
                .doesNotHaveDuplicates();
    }

    /// No VM that can leave a host in maintenance is to stay there, and none is on its way to one.
    private static void checkMoves(LedgerState state, long seed) {
        for (VmRecord vm : state.vms().values()) {
            Optional<HostName> active = vm.view().placement().activeReplica().map(Replica::host);
            boolean mustLeave = vm.wanted()
                    && active.filter(state.maintained()::contains).isPresent()
                    && vm.spec()
                            .otherThan(active.orElseThrow())
                            .filter(other -> !state.maintained().contains(other))
                            .isPresent();
            assertThat(vm.destination().isPresent() || !mustLeave)
                    .as("seed %d: %s, %s", seed, vm, state.maintained())
                    .isTrue();
            assertThat(vm.destination().filter(state.maintained()::contains))
                    .as("seed %d: %s", seed, vm)
                    .isEmpty();
        }
    }

    private void record(LedgerCommand command) {
        switch (command) {
            case CreateVm(VmSpec spec, boolean _, View first) ->
                twin.computeIfAbsent(spec.id(), _ -> new ArrayList<>(List.of(first)));
            case ChangeView(VmId vm, long _, View next) -> {
                List<View> views = Objects.requireNonNull(twin.get(vm));
                if (next.number() == views.size()) {
                    assertThat(views.getLast().proposal()).isEqualTo(next.proposal());
                } else {
                    assertThat(next.number()).isEqualTo(views.size() + 1L);
                    views.add(next);
                }
            }
            case DeleteVm(VmId vm) -> twin.remove(vm);
            case SetWanted _,
                    LedgerCommand.SetLevel _,
                    LedgerCommand.ForceStart _,
                    LedgerCommand.ChangePair _,
                    LedgerCommand.MoveVm _,
                    LedgerCommand.Maintain _,
                    LedgerCommand.GiveUp _,
                    LedgerCommand.SwitchedOff _,
                    LedgerCommand.GrowVolume _,
                    LedgerCommand.RegisterHost _,
                    LedgerCommand.RemoveHost _,
                    LedgerCommand.RenewLease _,
                    LedgerCommand.SetRule _ -> {}
        }
    }

    private static LedgerCommand ending(SplittableRandom random, VmId vm, long wish) {
        return random.nextBoolean()
                ? new LedgerCommand.SwitchedOff(vm, wish)
                : new LedgerCommand.GiveUp(vm, REPLICAS[random.nextInt(2)], Optional.of(wish), "it died");
    }

    private LedgerCommand command(SplittableRandom random, LedgerState state) {
        VmSpec spec = specs.get(random.nextInt(specs.size()));
        long number = state.vm(spec.id()).map(vm -> vm.view().number()).orElse(1L) + random.nextInt(-1, 2);
        return switch (random.nextInt(12)) {
            case 0, 1 -> new CreateVm(spec, random.nextBoolean(), view(1, new Stopped()));
            case 2 ->
                random.nextBoolean()
                        ? new SetWanted(spec.id(), random.nextBoolean())
                        : new LedgerCommand.MoveVm(spec.id(), destination(random));
            case 3 ->
                random.nextBoolean()
                        ? new DeleteVm(spec.id())
                        : ending(
                                random,
                                spec.id(),
                                state.vm(spec.id()).map(VmRecord::wish).orElse(0L));
            case 4, 5 -> sent.isEmpty() ? new DeleteVm(spec.id()) : sent.get(random.nextInt(sent.size()));
            case 6 -> new LedgerCommand.Maintain(REPLICAS[random.nextInt(2)].host(), random.nextBoolean());
            default -> new ChangeView(spec.id(), number, view(Math.max(1, number + 1), placement(random)));
        };
    }

    private static Optional<HostName> destination(SplittableRandom random) {
        int host = random.nextInt(3);
        return host < 2 ? Optional.of(REPLICAS[host].host()) : Optional.empty();
    }

    private static Placement placement(SplittableRandom random) {
        int active = random.nextInt(2);
        return switch (random.nextInt(3)) {
            case 0 -> new Stopped();
            case 1 -> new Solo(REPLICAS[active]);
            default -> new Paired(REPLICAS[active], REPLICAS[1 - active]);
        };
    }

    private static View view(long number, Placement placement) {
        return new View(number, placement, UUID.randomUUID());
    }
}
