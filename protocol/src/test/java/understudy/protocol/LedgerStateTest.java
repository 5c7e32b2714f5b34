package understudy.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.ByteSize;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Level;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Placement.Paired;
import understudy.model.Placement.Solo;
import understudy.model.Placement.Stopped;
import understudy.model.Policy;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmName;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.model.VolumeSpec;
import understudy.model.VolumeView;
import understudy.protocol.LedgerAnswer.Accepted;
import understudy.protocol.LedgerAnswer.Conflict;
import understudy.protocol.LedgerAnswer.Leased;
import understudy.protocol.LedgerAnswer.Refused;
import understudy.protocol.LedgerCommand.ChangeView;
import understudy.protocol.LedgerCommand.CreateVm;
import understudy.protocol.LedgerCommand.DeleteVm;
import understudy.protocol.LedgerCommand.ForceStart;
import understudy.protocol.LedgerCommand.GiveUp;
import understudy.protocol.LedgerCommand.GrowVolume;
import understudy.protocol.LedgerCommand.RegisterHost;
import understudy.protocol.LedgerCommand.RenewLease;
import understudy.protocol.LedgerCommand.SetLevel;
import understudy.protocol.LedgerCommand.SetWanted;
import understudy.protocol.LedgerCommand.SwitchedOff;

class LedgerStateTest {
    private static final Replica H1 = replica("h1");
    private static final Replica H2 = replica("h2");
    private static final Replica H3 = replica("h3");

    private final VmSpec web = spec("web");
    private final VmId id = web.id();
    private final View first = new View(1, new Stopped(), UUID.randomUUID());
    private LedgerState state = LedgerState.empty();

    @Test
    void aVmIsGivenUpOnlyByWhoRunsItAndUntilSomebodyAsksAgain() {
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        assertThat(apply(new GiveUp(id, H2, Optional.of(0L), "it died"))).isInstanceOf(Conflict.class);
        assertThat(state.vm(id).orElseThrow().wanted()).isTrue();
        assertThat(apply(new GiveUp(id, H1, Optional.of(0L), "it died"))).isInstanceOf(Accepted.class);
        assertThat(state.vm(id).orElseThrow().failure()).contains("it died");
        assertThat(state.vm(id).orElseThrow().wanted()).isFalse();
        assertThat(apply(new GiveUp(id, H1, Optional.of(0L), "again"))).isInstanceOf(Conflict.class);
        apply(new ChangeView(id, 2, new View(3, new Stopped(), UUID.randomUUID())));
        assertThat(state.vm(id).orElseThrow().failure()).contains("it died");
        apply(new SetWanted(id, true));
        assertThat(state.vm(id).orElseThrow().failure()).isEmpty();
        assertThat(state.vm(id).orElseThrow().wanted()).isTrue();
    }

    @Test
    void whatEndsAWishEndsNoLaterOne() {
        apply(new CreateVm(web, true, first));
        apply(new ChangeView(id, 1, new View(2, new Solo(H1), UUID.randomUUID())));
        GiveUp died = new GiveUp(id, H1, Optional.of(0L), "it died");
        SwitchedOff off = new SwitchedOff(id, 0);
        assertThat(apply(off)).isInstanceOf(Accepted.class);
        assertThat(state.vm(id).orElseThrow().wanted()).isFalse();
        assertThat(state.vm(id).orElseThrow().failure()).isEmpty();
        apply(new SetWanted(id, true));
        for (LedgerCommand late : List.of(off, died)) {
            assertThat(apply(late)).isInstanceOf(Conflict.class);
            assertThat(state.vm(id).orElseThrow().wanted()).isTrue();
        }
        // As a user says it again who cannot know that its guest has just ended.
        apply(new SetWanted(id, true));
        assertThat(apply(new SwitchedOff(id, 1))).isInstanceOf(Conflict.class);
        assertThat(apply(new SwitchedOff(id, 2))).isInstanceOf(Accepted.class);
        apply(new SetWanted(id, true));
        assertThat(apply(new GiveUp(id, H1, Optional.empty(), "of an earlier version")))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void aVmIsCreatedOnceHoweverOftenItIsAsked() {
        VmRecord record = new VmRecord(web, true, first);
        assertThat(apply(new CreateVm(web, true, first))).isEqualTo(new Accepted(Optional.of(record)));
        assertThat(apply(new CreateVm(web, true, first))).isEqualTo(new Accepted(Optional.of(record)));
        assertThat(state.vms()).hasSize(1);
        assertThat(state.vm(new VmName("web"))).contains(record);
        assertThat(state.applied()).isEqualTo(2);
    }

    @Test
    void aNameThatIsTakenIsRefusedUntilItsVmIsDeleted() {
        apply(new CreateVm(web, false, first));
        VmSpec other = spec("web");
        assertRefused(new CreateVm(other, false, first), "vm-name-taken");
        apply(new DeleteVm(id));
        assertThat(apply(new CreateVm(other, false, first))).isInstanceOf(Accepted.class);
    }

    @Test
    void anIdThatIsTakenByAnotherSpecIsAConflict() {
        apply(new CreateVm(web, false, first));
        VmSpec other = new VmSpec(
                id,
                new VmName("db"),
                web.level(),
                web.policy(),
                web.memory(),
                web.cpus(),
                web.machine(),
                web.cpu(),
                web.nics(),
                web.boot(),
                web.hosts());
        assertThat(apply(new CreateVm(other, false, first))).isInstanceOf(Conflict.class);
    }

    @Test
    void ofTwoProposalsForOneNumberTheFirstWinsAndTheSecondLearnsWhatWon() {
        paired();
        View takeover = view(3, new Solo(H2));
        View goingSolo = view(3, new Solo(H1));
        assertThat(apply(new ChangeView(id, 2, takeover))).isInstanceOf(Accepted.class);
        assertThat(apply(new ChangeView(id, 2, goingSolo)))
                .isEqualTo(new Conflict(new VmRecord(web, true, takeover, 3)));
    }

    @Test
    void aConflictWithItsOwnRecordIsSuccess() {
        paired();
        View takeover = view(3, new Solo(H2));
        apply(new ChangeView(id, 2, takeover));
        assertThat(apply(new ChangeView(id, 2, takeover)))
                .isEqualTo(new Accepted(Optional.of(new VmRecord(web, true, takeover, 3))));
        apply(new ChangeView(id, 3, view(4, new Paired(H2, H1))));
        assertThat(apply(new ChangeView(id, 2, takeover)))
                .as("but not once it has been overtaken")
                .isInstanceOf(Conflict.class);
    }

    @Test
    void aViewOfAnotherNumberThanTheNextIsRefused() {
        paired();
        assertRefused(new ChangeView(id, 2, view(4, new Solo(H1))), "view-number");
        assertRefused(new ChangeView(id, Long.MAX_VALUE, view(2, new Solo(H1))), "view-number");
        assertThat(apply(new ChangeView(id, 1, view(2, new Solo(H1))))).isInstanceOf(Conflict.class);
        assertRefused(new CreateVm(spec("db"), false, view(2, new Stopped())), "view-number");
    }

    @Test
    void onlyAHostThatTheViewNamesMayGoOn() {
        paired();
        apply(new ChangeView(id, 2, view(3, new Solo(H1))));
        assertRefused(new ChangeView(id, 3, view(4, new Solo(H2))), "host-not-in-sync");
        assertRefused(new ChangeView(id, 3, view(4, new Paired(H2, H1))), "host-not-in-sync");
        assertThat(apply(new ChangeView(id, 3, view(4, new Solo(replica("h1"))))))
                .as("the active host in a new life")
                .isInstanceOf(Accepted.class);
        assertThat(apply(new ChangeView(id, 4, view(5, new Stopped())))).isInstanceOf(Accepted.class);
        assertThat(apply(new ChangeView(id, 5, view(6, new Solo(H2))))).isInstanceOf(Accepted.class);
    }

    @Test
    void onlyTheHostsOfTheVmMayBePlaced() {
        assertRefused(new CreateVm(web, true, view(1, new Solo(H3))), "host-not-of-vm");
        paired();
        assertRefused(new ChangeView(id, 2, view(3, new Paired(H1, H3))), "host-not-of-vm");
        assertRefused(new ChangeView(id, 2, view(3, new Paired(H3, H1))), "host-not-of-vm");
    }

    @Test
    void onlyAStoppedUnwantedVmIsDeleted() {
        paired();
        assertRefused(new DeleteVm(id), "vm-not-stopped");
        apply(new SetWanted(id, false));
        assertRefused(new DeleteVm(id), "vm-not-stopped");
        apply(new ChangeView(id, 2, view(3, new Stopped())));
        assertThat(apply(new DeleteVm(id))).isEqualTo(new Accepted(Optional.empty()));
        assertThat(state.vms()).isEmpty();
    }

    @Test
    void aDiskGrowsOnlyWhileNobodyRunsItsVmAndNeverShrinks() {
        VmSpec db = spec("db", Level.COMPONENT, "1G");
        VolumeId volume = db.disks().getFirst().id();
        apply(new CreateVm(db, false, new View(1, new Stopped(), volumes(db, "h1", "h2"), UUID.randomUUID())));
        assertThat(apply(new GrowVolume(db.id(), volume, ByteSize.parse("2G")))).isInstanceOf(Accepted.class);
        assertThat(apply(new GrowVolume(db.id(), volume, ByteSize.parse("2G"))))
                .as("twice")
                .isInstanceOf(Accepted.class);
        assertThat(state.vm(db.id()).orElseThrow().spec().disks().getFirst().size())
                .isEqualTo(ByteSize.parse("2G"));
        assertRefused(new GrowVolume(db.id(), volume, ByteSize.parse("1G")), "volume-shrinks");
        assertRefused(new GrowVolume(db.id(), new VolumeId(UUID.randomUUID()), ByteSize.parse("3G")), "no-such-volume");
        apply(new SetWanted(db.id(), true));
        assertRefused(new GrowVolume(db.id(), volume, ByteSize.parse("3G")), "vm-not-stopped");
    }

    @Test
    void theLevelOfAVmWithDisksChangesWhetherItRunsOrNot() {
        VmSpec db = spec("db", Level.COMPONENT, "1G");
        apply(new CreateVm(db, true, new View(1, new Stopped(), volumes(db, "h1", "h2"), UUID.randomUUID())));
        apply(new SetLevel(db.id(), Level.SYSTEM));
        assertThat(state.vm(db.id()).orElseThrow().spec()).isEqualTo(db.with(Level.SYSTEM));
        VmRecord before = state.vm(db.id()).orElseThrow();
        assertThat(apply(new SetLevel(db.id(), Level.SYSTEM))).as("twice").isEqualTo(new Accepted(Optional.of(before)));
        apply(new ChangeView(db.id(), 1, new View(2, new Solo(H1), volumes(db, "h1", "h2"), UUID.randomUUID())));
        apply(new SetLevel(db.id(), Level.RESTART));
        VmRecord after = state.vm(db.id()).orElseThrow();
        assertThat(after.spec()).isEqualTo(db.with(Level.RESTART));
        assertThat(after.view().number()).isEqualTo(2);
        assertThat(after.revision()).isGreaterThan(before.revision());
    }

    @Test
    void aLevelThatAVmCannotHaveIsRefused() {
        apply(new CreateVm(web, true, first));
        assertRefused(new SetLevel(id, Level.RESTART), "level-not-available");
        VmSpec db = spec("db", Level.COMPONENT, "1G").with(Care.DEFAULT.with(CrashReaction.PAUSE));
        apply(new CreateVm(db, true, new View(1, new Stopped(), volumes(db, "h1", "h2"), UUID.randomUUID())));
        assertRefused(new SetLevel(db.id(), Level.SYSTEM), "level-not-available");
        assertRefused(new SetLevel(spec("none").id(), Level.SYSTEM), "vm-unknown");
    }

    @Test
    void aVmIsCreatedWithTheVolumesOfItsDisksOnly() {
        VmSpec db = spec("db", Level.COMPONENT, "1G");
        assertRefused(new CreateVm(db, true, view(1, new Stopped())), "view-volumes");
        VmSpec other = spec("other", Level.COMPONENT, "1G");
        View strange = new View(1, new Stopped(), volumes(other, "h1"), UUID.randomUUID());
        assertRefused(new CreateVm(db, true, strange), "view-volumes");
    }

    @Test
    void whatIsNotThereIsRefused() {
        assertRefused(new DeleteVm(id), "vm-unknown");
        assertRefused(new SetWanted(id, true), "vm-unknown");
        assertRefused(new ChangeView(id, 1, view(2, new Stopped())), "vm-unknown");
    }

    @Test
    void aHostIsWhatItSaidLast() {
        apply(new RegisterHost(host("h1", 4)));
        apply(new RegisterHost(host("h1", 8)));
        assertThat(state.host(new HostName("h1")).map(HostRecord::cpus)).contains(8);
    }

    @Test
    void theNumbersOfHostsAndVmsAreBounded() {
        for (int i = 0; i < LedgerState.HOSTS_MAX; i++) {
            assertThat(apply(new RegisterHost(host("h" + i, 1)))).isInstanceOf(Accepted.class);
        }
        assertRefused(new RegisterHost(host("more", 1)), "cluster-full");
        assertThat(apply(new RegisterHost(host("h1", 2)))).isInstanceOf(Accepted.class);
        for (int i = 0; i < LedgerState.VMS_MAX; i++) {
            apply(new CreateVm(spec("vm" + i), false, first));
        }
        assertRefused(new CreateVm(spec("more"), false, first), "cluster-full");
    }

    static HostRecord host(String name, int cpus) {
        return new HostRecord(
                new HostName(name),
                HostRecord.Role.HOST,
                new Life(UUID.randomUUID()),
                "http://10.0.0.1:8080",
                ByteSize.ofMebibytes(2048),
                cpus,
                "7.2.22",
                List.of("pc-q35-7.2"),
                List.of("qemu64"),
                "tcg");
    }

    static VmSpec spec(String name) {
        return spec(name, Level.SYSTEM);
    }

    /// With as many disks as sizes are given.
    static VmSpec spec(String name, Level level, String... sizes) {
        List<VolumeSpec> disks = new ArrayList<>();
        for (String size : sizes) {
            disks.add(new VolumeSpec(
                    new VolumeId(UUID.randomUUID()),
                    VolumeSpec.name(disks.size()),
                    ByteSize.parse(size),
                    Optional.empty()));
        }
        return new VmSpec(
                new VmId(UUID.randomUUID()),
                new VmName(name),
                level,
                Policy.BALANCED,
                ByteSize.ofMebibytes(512),
                1,
                "pc-q35-7.2",
                "qemu64",
                List.of(),
                disks,
                Optional.empty(),
                List.of(H1.host(), H2.host()));
    }

    /// The volumes of a VM, each in sync on these of its hosts.
    static List<VolumeView> volumes(VmSpec spec, String... hosts) {
        return spec.disks().stream()
                .map(disk -> new VolumeView(
                        disk.id(),
                        spec.hosts().stream()
                                .map(host -> new VolumeReplica(
                                        host,
                                        UUID.nameUUIDFromBytes((disk.id() + "/" + host).getBytes(UTF_8)),
                                        List.of(hosts).contains(host.value())))
                                .toList()))
                .toList();
    }

    // ---- forced starts ----

    @Test
    void aForcedStartHasTheVmBeginFromOneHostsReplicasAndCountsNoOther() {
        VmSpec db = soloWithDisks("h1");
        UUID proposal = UUID.randomUUID();
        assertThat(apply(new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), proposal)))
                .isInstanceOf(Accepted.class);
        VmRecord forced = state.vm(db.id()).orElseThrow();
        View view = forced.view();
        assertThat(forced.wanted()).isTrue();
        assertThat(forced.failure()).isEmpty();
        assertThat(view.number()).isEqualTo(3);
        assertThat(view.placement()).isEqualTo(new Stopped());
        assertThat(view.starters(db.hosts())).containsExactly(H2.host());
        for (int i = 0; i < 2; i++) {
            VolumeView was = volumes(db, "h1").get(i);
            VolumeView is = view.volumes().get(i);
            assertThat(is.inSync()).containsExactly(H2.host());
            assertThat(is.on(H2.host()).orElseThrow().id())
                    .isEqualTo(was.on(H2.host()).orElseThrow().id());
            assertThat(is.on(H1.host()).orElseThrow().id())
                    .isNotEqualTo(was.on(H1.host()).orElseThrow().id());
        }
        // Whoever was overruled may neither go on nor come in by itself.
        assertRefused(
                new ChangeView(db.id(), 3, new View(4, new Solo(H1), view.volumes(), UUID.randomUUID())),
                "replica-not-in-sync");
        assertThat(apply(new ChangeView(db.id(), 3, new View(4, new Solo(H2), view.volumes(), UUID.randomUUID()))))
                .isInstanceOf(Accepted.class);
    }

    @Test
    void aForcedStartThatIsAskedForTwiceHappensOnce() {
        VmSpec db = soloWithDisks("h1");
        ForceStart command = new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID());
        LedgerAnswer first = apply(command);
        assertThat(apply(command)).isEqualTo(first);
        assertThat(apply(new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID())))
                .isInstanceOf(Conflict.class);
    }

    @Test
    void allVotersGiveTheSameIdsAndTwoForcedStartsDifferentOnes() {
        VmSpec db = soloWithDisks("h1");
        LedgerState before = state;
        ForceStart command = new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID());
        assertThat(before.apply(command)).isEqualTo(before.apply(command));
        assertThat(before.apply(new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID())))
                .isNotEqualTo(before.apply(command));
        View forced = before.apply(command).state().vm(db.id()).orElseThrow().view();
        assertThat(forced.volumes().stream().flatMap(it -> it.replicas().stream()))
                .extracting(VolumeReplica::id)
                .doesNotHaveDuplicates();
    }

    @Test
    void whoHasAllNeedsNoForce() {
        VmSpec db = soloWithDisks("h1", "h2");
        assertRefused(new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID()), "nothing-to-force");
        assertRefused(new ForceStart(db.id(), 2, H3.host(), ids(db, "h2"), UUID.randomUUID()), "host-not-of-vm");
        apply(new CreateVm(web, true, first));
        assertRefused(new ForceStart(id, 1, H1.host(), List.of(), UUID.randomUUID()), "nothing-to-force");
    }

    @Test
    void underAGrantTheStandbyIsSetFree() {
        apply(new CreateVm(web, true, view(1, new Solo(H1))));
        apply(new ChangeView(id, 1, view(2, new Paired(H1, H2))));
        apply(new ChangeView(id, 2, new View(3, new Paired(H1, H2), List.of(), UUID.randomUUID(), true)));
        assertRefused(new ChangeView(id, 3, view(4, new Solo(H2))), "solo-grant-stands");
        assertThat(apply(new ForceStart(id, 3, H2.host(), List.of(), UUID.randomUUID())))
                .isInstanceOf(Accepted.class);
        View freed = state.vm(id).orElseThrow().view();
        assertThat(freed.placement()).isEqualTo(new Paired(H1, H2));
        assertThat(freed.soloGrant()).isFalse();
        assertThat(apply(new ChangeView(id, 4, view(5, new Solo(H2))))).isInstanceOf(Accepted.class);
    }

    @Test
    void aVmWhoseMemoryWasLostWithItsHostCanBeBootedAnew() {
        apply(new CreateVm(web, true, view(1, new Solo(H1))));
        assertRefused(new ForceStart(id, 1, H1.host(), List.of(), UUID.randomUUID()), "nothing-to-force");
        assertThat(apply(new ForceStart(id, 1, H2.host(), List.of(), UUID.randomUUID())))
                .isInstanceOf(Accepted.class);
        assertThat(state.vm(id).orElseThrow().view().placement()).isEqualTo(new Stopped());
        assertThat(apply(new ChangeView(id, 2, view(3, new Solo(H2))))).isInstanceOf(Accepted.class);
    }

    @Test
    void whoWasOverruledCanBeChosenAgainByWhatItHas() {
        VmSpec db = soloWithDisks("h1");
        apply(new ForceStart(db.id(), 2, H2.host(), ids(db, "h2"), UUID.randomUUID()));
        assertThat(apply(new ForceStart(db.id(), 3, H1.host(), ids(db, "h1"), UUID.randomUUID())))
                .isInstanceOf(Accepted.class);
        View back = state.vm(db.id()).orElseThrow().view();
        assertThat(back.starters(db.hosts())).containsExactly(H1.host());
        assertThat(back.volumes().stream()
                        .map(it -> it.on(H1.host()).orElseThrow().id())
                        .toList())
                .isEqualTo(ids(db, "h1"));
    }

    @Test
    void aForcedStartMustSayWhatTheHostHasOfEveryDisk() {
        VmSpec db = soloWithDisks("h1");
        UUID one = ids(db, "h2").getFirst();
        assertRefused(new ForceStart(db.id(), 2, H2.host(), List.of(one), UUID.randomUUID()), "view-volumes");
        assertRefused(new ForceStart(db.id(), 2, H2.host(), List.of(one, one), UUID.randomUUID()), "view-volumes");
    }

    private static List<UUID> ids(VmSpec spec, String host) {
        return volumes(spec, host).stream()
                .map(it -> it.on(new HostName(host)).orElseThrow().id())
                .toList();
    }

    /// View 2: h1 runs it, and its disks are in sync on these hosts.
    private VmSpec soloWithDisks(String... inSync) {
        VmSpec db = spec("db", Level.COMPONENT, "1G", "2G");
        apply(new CreateVm(db, true, new View(1, new Stopped(), volumes(db, inSync), UUID.randomUUID())));
        apply(new ChangeView(db.id(), 1, new View(2, new Solo(H1), volumes(db, inSync), UUID.randomUUID())));
        return db;
    }

    @Test
    void aRenewalIsAnsweredWithWhatThisLifeOfTheHostRunsAsOfItsPlaceInTheLog() {
        apply(new CreateVm(web, true, first));
        assertThat(renew(H1)).isEqualTo(new Leased(new TreeSet<>()));
        apply(new ChangeView(id, 1, view(2, new Solo(H1))));
        assertThat(renew(H1)).isEqualTo(new Leased(new TreeSet<>(List.of(id))));
        assertThat(renew(replica("h1"))).as("another life").isEqualTo(new Leased(new TreeSet<>()));
        apply(new ChangeView(id, 2, view(3, new Paired(H1, H2))));
        assertThat(renew(H2)).as("a standby").isEqualTo(new Leased(new TreeSet<>()));
        apply(new ChangeView(id, 3, view(4, new Solo(H2))));
        assertThat(renew(H1)).isEqualTo(new Leased(new TreeSet<>()));
        assertThat(state.renewals()).containsEntry(H1.host(), 4L).containsEntry(H2.host(), 1L);
    }

    private LedgerAnswer renew(Replica host) {
        return apply(new RenewLease(host.host(), host.life()));
    }

    static Replica replica(String host) {
        return new Replica(new HostName(host), new Life(UUID.randomUUID()));
    }

    private static View view(long number, Placement placement) {
        return new View(number, placement, UUID.randomUUID());
    }

    private void paired() {
        apply(new CreateVm(web, true, view(1, new Solo(H1))));
        apply(new ChangeView(id, 1, view(2, new Paired(H1, H2))));
    }

    private LedgerAnswer apply(LedgerCommand command) {
        LedgerState.Applied applied = state.apply(command);
        state = applied.state();
        return applied.answer();
    }

    private void assertRefused(LedgerCommand command, String code) {
        LedgerState before = state;
        assertThat(apply(command))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.problem().code()).isEqualTo(code));
        assertThat(state.vms()).isEqualTo(before.vms());
        assertThat(state.hosts()).isEqualTo(before.hosts());
    }
}
