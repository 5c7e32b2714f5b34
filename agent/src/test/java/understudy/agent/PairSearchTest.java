package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import understudy.api.Event.Severity;
import understudy.model.ByteSize;
import understudy.model.HostName;
import understudy.model.HostRecord;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.model.VolumeReplica;
import understudy.model.VolumeView;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.Part;
import understudy.protocol.ViewInput;

/// `h1` runs the VM alone; `h2` has been away for ever. The test's thread is the driver's.
class PairSearchTest {
    private static final Replica SELF = new Replica(VolumePair.H1, new Life(new UUID(1, 1)));
    private static final VmSpec SPEC = VolumePair.SPEC;
    private static final HostName H3 = new HostName("h3");
    private static final HostName H4 = new HostName("h4");
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final List<String> events = new ArrayList<>();
    private final List<HostName> asked = new ArrayList<>();
    private final Set<HostName> full = new TreeSet<>();
    private final AtomicBoolean isWaiting = new AtomicBoolean();
    private final Set<HostName> silent = new TreeSet<>();
    private final Decider ledger = new Decider();
    private final PairSearch search = new PairSearch(
            new Desk(),
            SELF,
            new PairSearch.Cluster(ledger, host -> !silent.contains(host), this::room),
            Optional.of(PATIENCE),
            () -> false,
            isWaiting::get);
    private Moment now = new Moment(0);

    @BeforeEach
    void begin() {
        for (HostName host : List.of(VolumePair.H1, VolumePair.H2, H3, H4)) {
            ledger.decide(new LedgerCommand.RegisterHost(host(host)));
        }
        List<VolumeView> volumes = List.of(new VolumeView(
                VolumePair.DISK.id(),
                List.of(
                        new VolumeReplica(VolumePair.H1, new UUID(2, 1), true),
                        new VolumeReplica(VolumePair.H2, new UUID(2, 2), false))));
        ledger.decide(
                new LedgerCommand.CreateVm(SPEC, true, new View(1, new Placement.Stopped(), volumes, new UUID(3, 1))));
        ledger.decide(new LedgerCommand.ChangeView(
                SPEC.id(), 1, new View(2, new Placement.Solo(SELF), volumes, new UUID(3, 2))));
        tick(0);
    }

    @Test
    void theOneThatIsUsedLeastComesWhenTimeIsOver() throws Exception {
        tick(29);
        assertThat(asked).isEmpty();
        tick(30);
        answer();
        assertThat(vm().spec().hosts()).containsExactly(VolumePair.H1, H3);
        assertThat(events)
                .containsExactly("pair-changed WARNING h3 takes the place of h2, which has left test alone for 30 min");
        tick(31);
        assertThat(mailbox).as("the new one has its own time").isEmpty();
    }

    @Test
    void theOneToWhichTheVmIsToBeMovedComesAtOnce() throws Exception {
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H4)));
        tick(1);
        answer();
        assertThat(vm().spec().hosts()).containsExactly(VolumePair.H1, H4);
        assertThat(vm().destination()).contains(H4);
        assertThat(events).containsExactly("pair-changed INFO h4 takes the place of h2: test is to be moved there");
    }

    @Test
    void aMoveToAHostThatHasNoRoomIsGivenUp() throws Exception {
        full.add(H4);
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H4)));
        tick(1);
        answer();
        assertThat(vm().spec().hosts()).contains(VolumePair.H2);
        assertThat(vm().destination()).isEmpty();
        assertThat(events)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("move-given-up WARNING test stays where it is, and is not moved to h4: ");
    }

    @Test
    void aMoveToAHostThatIsSilentIsGivenUp() {
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H4)));
        silent.add(H4);
        tick(1);
        tick(2);
        assertThat(vm().destination()).as("it may be heard soon").contains(H4);
        tick(3);
        assertThat(asked).isEmpty();
        assertThat(vm().destination()).isEmpty();
    }

    @Test
    void aMoveThatWasChangedOrCalledOffWhileAHostWasAskedIsNotMade() throws Exception {
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H4)));
        tick(1);
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H3)));
        search.tick(vm(), false, now.plus(Duration.ofSeconds(1)));
        answer();
        assertThat(vm().spec().hosts()).contains(VolumePair.H2);
        tick(2);
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.empty()));
        search.tick(vm(), false, now.plus(Duration.ofSeconds(1)));
        answer();
        assertThat(vm().spec().hosts()).contains(VolumePair.H2);
    }

    @Test
    void noHostIsReplacedWhileADiskCannotBeUsedHere() throws Exception {
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H4)));
        isWaiting.set(true);
        tick(40);
        assertThat(mailbox).isEmpty();
        isWaiting.set(false);
        tick(41);
        answer();
        assertThat(vm().spec().hosts()).contains(H4);
    }

    @Test
    void whoHadNoRoomIsAskedAgainWhenTheVmIsToBeMovedThere() throws Exception {
        full.add(H3);
        tick(30);
        answer();
        full.clear();
        ledger.decide(new LedgerCommand.MoveVm(SPEC.id(), Optional.of(H3)));
        tick(31);
        answer();
        assertThat(vm().spec().hosts()).contains(H3);
    }

    @Test
    void whoHasNoRoomIsPassedOver() throws Exception {
        full.add(H3);
        tick(30);
        answer();
        assertThat(vm().spec().hosts()).contains(VolumePair.H2);
        tick(31);
        answer();
        assertThat(asked).containsExactly(H3, H4);
        assertThat(vm().spec().hosts()).contains(H4);
    }

    @Test
    void whereNobodyHasRoomThatIsToldOnceAndTriedAgainLater() throws Exception {
        full.addAll(List.of(H3, H4));
        for (int minute : List.of(30, 31)) {
            tick(minute);
            answer();
        }
        tick(32);
        tick(33);
        assertThat(mailbox).isEmpty();
        assertThat(events)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("no-other-host WARNING h2 has left test alone for 32");
        full.clear();
        tick(42);
        answer();
        assertThat(vm().spec().hosts()).contains(H3);
    }

    @Test
    void aHostInMaintenanceIsNotReplaced() throws Exception {
        ledger.decide(new LedgerCommand.Maintain(VolumePair.H2, true));
        tick(60);
        assertThat(asked).isEmpty();
        ledger.decide(new LedgerCommand.Maintain(VolumePair.H2, false));
        tick(61);
        answer();
        assertThat(vm().spec().hosts()).contains(H3);
    }

    @Test
    void whatHappenedWhileAHostWasAskedForRoomCounts() throws Exception {
        tick(30);
        search.tick(vm(), true, now.plus(Duration.ofSeconds(1)));
        answer();
        assertThat(vm().spec().hosts()).as("it is back").contains(VolumePair.H2);
    }

    @Test
    void nobodyIsReplacedWhereThatIsNotWanted() {
        PairSearch never = new PairSearch(
                new Desk(),
                SELF,
                new PairSearch.Cluster(ledger, _ -> true, this::room),
                Optional.empty(),
                () -> false,
                () -> false);
        for (int day = 0; day < 3; day++) {
            never.tick(vm(), false, new Moment(Duration.ofDays(day).toNanos()));
        }
        assertThat(asked).isEmpty();
    }

    // ---- the words of this test ----

    private void tick(long minute) {
        now = new Moment(Duration.ofMinutes(minute).toNanos());
        search.tick(vm(), false, now);
    }

    /// A host answers whether it has room.
    private void answer() throws InterruptedException {
        Runnable work = mailbox.poll(10, TimeUnit.SECONDS);
        assertThat(work).isNotNull();
        work.run();
    }

    private void room(HostName host, VolumeQuestion question) {
        assertThat(question).isInstanceOf(VolumeQuestion.CheckRoom.class);
        asked.add(host);
        if (full.contains(host)) {
            throw Problem.of("host-full", host + " is full.", "Make room.").refused();
        }
    }

    private VmRecord vm() {
        return ledger.state.vm(SPEC.id()).orElseThrow();
    }

    private static HostRecord host(HostName name) {
        return new HostRecord(
                name,
                HostRecord.Role.HOST,
                new Life(UUID.randomUUID()),
                "http://127.0.0.1:1",
                ByteSize.ofMebibytes(1024),
                2,
                "7.2.22",
                List.of("pc-q35-7.2"),
                List.of("qemu64"),
                "tcg");
    }

    private final class Desk implements DriverDesk {
        @Override
        public VmSpec spec() {
            return SPEC;
        }

        @Override
        public AgentServices services() {
            throw new AssertionError("it needs none");
        }

        @Override
        public long knownView() {
            return vm().view().number();
        }

        @Override
        public Part part() {
            return new Part.Running();
        }

        @Override
        public boolean hasOpenProposal() {
            return false;
        }

        @Override
        public void post(Runnable work) {
            mailbox.add(work);
        }

        @Override
        public void step(ViewInput input) {
            throw new AssertionError(input);
        }

        @Override
        public void event(String kind, Severity severity, String text) {
            events.add(kind + " " + severity + " " + text);
        }

        @Override
        public void standbyTooSlow(Replica standby, String reason) {
            throw new AssertionError("nothing is copied here");
        }

        @Override
        public void copyFailed(String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public Moment now() {
            return now;
        }
    }

    /// Decides at once.
    private static final class Decider extends SilentLedger {
        private LedgerState state = LedgerState.empty();

        LedgerAnswer decide(LedgerCommand command) {
            LedgerState.Applied applied = state.apply(command);
            state = applied.state();
            return applied.answer();
        }

        @Override
        public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
            return CompletableFuture.completedFuture(decide(command));
        }

        @Override
        public LedgerState seen() {
            return state;
        }
    }
}
