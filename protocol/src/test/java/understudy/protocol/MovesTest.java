package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmSpec;
import understudy.model.VolumeView;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerAnswer.Refused;
import understudy.protocol.LedgerCommand.ChangeView;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.GiveUp;
import understudy.protocol.LedgerCommand.Maintain;
import understudy.protocol.LedgerCommand.MoveVm;
import understudy.protocol.LedgerCommand.RegisterHost;
import understudy.protocol.LedgerCommand.RemoveHost;
import understudy.protocol.LedgerCommand.SetWanted;

/// Moves of VMs that run, and maintenance of hosts, as the ledger decides them.
class MovesTest {
    private static final Replica H1 = LedgerStateTest.replica("h1");
    private static final Replica H2 = LedgerStateTest.replica("h2");
    private static final Replica H3 = LedgerStateTest.replica("h3");

    private final VmSpec web = LedgerStateTest.spec("web");
    private final VmId id = web.id();
    private final View first = new View(1, new Stopped(), UUID.randomUUID());
    private LedgerState state = LedgerState.empty();

    @Test
    void aVmIsToBeMovedUntilItsDestinationRunsIt() {
        VmSpec db = LedgerStateTest.spec("db", Level.COMPONENT, "1G");
        List<VolumeView> both = LedgerStateTest.volumes(db, "h1", "h2");
        apply(new CreateVm(db, true, new View(1, new Stopped(), both, UUID.randomUUID())));
        apply(new ChangeView(db.id(), 1, new View(2, new Solo(H1), both, UUID.randomUUID())));
        assertThat(isCopied(db)).isFalse();
        apply(new MoveVm(db.id(), Optional.of(H2.host())));
        assertThat(state.vm(db.id()).orElseThrow().destination()).contains(H2.host());
        assertThat(isCopied(db)).isTrue();
        apply(new ChangeView(db.id(), 2, new View(3, new Paired(H1, H2), both, UUID.randomUUID())));
        assertThat(state.vm(db.id()).orElseThrow().destination()).contains(H2.host());
        apply(new ChangeView(
                db.id(), 3, new View(4, new Solo(H2), LedgerStateTest.volumes(db, "h2"), UUID.randomUUID())));
        assertThat(state.vm(db.id()).orElseThrow().destination()).isEmpty();
        assertThat(isCopied(db)).isFalse();
    }

    private boolean isCopied(VmSpec spec) {
        return state.vm(spec.id()).orElseThrow().isCopied();
    }

    @Test
    void aMoveEndsWhenItIsCancelledOrTheVmIsToStop() {
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        for (LedgerCommand end : List.of(
                new MoveVm(id, Optional.empty()),
                new MoveVm(id, Optional.of(H1.host())),
                new SetWanted(id, false),
                new GiveUp(id, H1, Optional.empty(), "it died"))) {
            apply(new SetWanted(id, true));
            apply(new MoveVm(id, Optional.of(H2.host())));
            assertThat(state.vm(id).orElseThrow().destination()).contains(H2.host());
            apply(end);
            assertThat(state.vm(id).orElseThrow().destination()).as("%s", end).isEmpty();
        }
    }

    @Test
    void whatRunsOnAHostInMaintenanceIsToBeMovedAwayAndWhatComesToRunThereToo() {
        VmSpec db = LedgerStateTest.spec("db", Level.RESTART, "1G");
        List<VolumeView> both = LedgerStateTest.volumes(db, "h1", "h2");
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        apply(new CreateVm(db, true, new View(1, new Stopped(), both, UUID.randomUUID())));
        VmSpec plain = LedgerStateTest.spec("plain", Level.RESTART);
        apply(new CreateVm(plain, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new ChangeView(plain.id(), 1, new View(2, new Solo(H1), UUID.randomUUID())));
        apply(new Maintain(H1.host(), true));
        assertThat(state.maintained()).containsExactly(H1.host());
        assertThat(state.vm(id).orElseThrow().destination()).contains(H2.host());
        assertThat(state.vm(plain.id()).orElseThrow().destination())
                .as("it cannot be")
                .isEmpty();
        apply(new ChangeView(db.id(), 1, new View(2, new Solo(H1), both, UUID.randomUUID())));
        assertThat(state.vm(db.id()).orElseThrow().destination()).contains(H2.host());
        assertRefused(new MoveVm(id, Optional.empty()), "host-in-maintenance");

        apply(new ChangeView(id, 2, new View(3, new Paired(H1, H2), UUID.randomUUID())));
        apply(new ChangeView(id, 3, new View(4, new Solo(H2), UUID.randomUUID())));
        assertThat(state.vm(id).orElseThrow().destination()).isEmpty();
        assertRefused(new MoveVm(id, Optional.of(H1.host())), "host-in-maintenance");

        LedgerState before = state;
        apply(new Maintain(H1.host(), true));
        assertThat(state.vms()).as("twice").isEqualTo(before.vms());
        apply(new Maintain(H1.host(), false));
        assertThat(state.maintained()).isEmpty();
        assertThat(state.vm(db.id()).orElseThrow().destination())
                .as("it may stay")
                .isEmpty();
        assertRefused(new Maintain(new HostName("h9"), true), "no-such-host");
    }

    @Test
    void aHostIsRemovedUnlessAVmHasIt() {
        HostName h3 = new HostName("h3");
        apply(new CreateVm(web, true, first));
        apply(new RegisterHost(LedgerStateTest.host("h3", 2)));
        apply(new Maintain(h3, true));
        assertRefused(new RemoveHost(H1.host()), "host-in-use");
        apply(new RemoveHost(h3));
        assertThat(state.host(h3)).isEmpty();
        assertThat(state.maintained()).isEmpty();
        LedgerState before = state;
        apply(new RemoveHost(h3));
        assertThat(state.hosts()).as("twice").isEqualTo(before.hosts());
    }

    @Test
    void whatIsOnItsWayToAHostStaysWhenThatIsPutIntoMaintenance() {
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        apply(new MoveVm(id, Optional.of(H2.host())));
        apply(new Maintain(H2.host(), true));
        assertThat(state.vm(id).orElseThrow().destination()).isEmpty();
    }

    @Test
    void aVmThatIsToStandStillAfterACrashIsNotMovedBelowLevelSystem() {
        VmSpec db = LedgerStateTest.spec("db", Level.COMPONENT, "1G").with(Care.DEFAULT.with(CrashReaction.PAUSE));
        List<VolumeView> both = LedgerStateTest.volumes(db, "h1", "h2");
        apply(new CreateVm(db, true, new View(1, new Stopped(), both, UUID.randomUUID())));
        apply(new ChangeView(db.id(), 1, new View(2, new Solo(H1), both, UUID.randomUUID())));
        assertRefused(new MoveVm(db.id(), Optional.of(H2.host())), "not-movable");
        apply(new Maintain(H1.host(), true));
        assertThat(state.vm(db.id()).orElseThrow().destination()).isEmpty();
    }

    @Test
    void whereBothHostsAreInMaintenanceNothingMoves() {
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        apply(new Maintain(H2.host(), true));
        apply(new Maintain(H1.host(), true));
        assertThat(state.vm(id).orElseThrow().destination()).isEmpty();
        apply(new Maintain(H2.host(), false));
        assertThat(state.vm(id).orElseThrow().destination()).contains(H2.host());
    }

    @Test
    void aVmThatCannotBeMovedIsNot() {
        apply(new CreateVm(web, true, first));
        assertRefused(new MoveVm(id, Optional.of(H1.host())), "vm-not-running");
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        assertRefused(new MoveVm(id, Optional.of(H3.host())), "no-such-host");
        assertThat(apply(new MoveVm(id, Optional.of(H1.host())))).isInstanceOf(Accepted.class);
        VmSpec plain = LedgerStateTest.spec("plain", Level.RESTART);
        apply(new CreateVm(plain, true, new View(1, new Stopped(), UUID.randomUUID())));
        apply(new ChangeView(plain.id(), 1, new View(2, new Solo(H1), UUID.randomUUID())));
        assertRefused(new MoveVm(plain.id(), Optional.of(H2.host())), "not-movable");
        assertRefused(new MoveVm(LedgerStateTest.spec("none").id(), Optional.empty()), "vm-unknown");
    }

    private LedgerAnswer apply(LedgerCommand command) {
        LedgerState.Applied applied = state.apply(command);
        state = applied.state();
        return applied.answer();
    }

    private void assertRefused(LedgerCommand command, String code) {
        assertThat(apply(command))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo(code));
    }
}
