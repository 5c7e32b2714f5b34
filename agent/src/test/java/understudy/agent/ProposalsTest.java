package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.api.Event.Severity;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Problem;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.LeaseTiming;
import understudy.protocol.LedgerAnswer;
import understudy.protocol.LedgerCommand;
import understudy.protocol.LedgerState;
import understudy.protocol.PackingChoice;
import understudy.protocol.Part;
import understudy.protocol.ViewInput;
import understudy.qemu.Accelerator;

class ProposalsTest {
    private static final HostName H1 = new HostName("h1");
    private static final Replica SELF = new Replica(H1, new Life(new UUID(1, 1)));
    private static final VmSpec SPEC = QemuHostTest.spec();

    @TempDir
    Path directory;

    private final Links links = new Links();
    private final AskedLedger ledger = new AskedLedger();
    private final List<ViewInput> steps = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final ArrayDeque<Runnable> mailbox = new ArrayDeque<>();
    private Moment now = new Moment(0);
    private Messenger messenger;
    private Proposals proposals;

    @BeforeEach
    void open() throws IOException {
        Link link = links.add("h1");
        messenger = new Messenger(link, new Deaf());
        FileStore files = new FileStore(directory.resolve("files"), link);
        AgentServices services = new AgentServices(
                SELF,
                new UUID(2, 2),
                config(),
                link,
                messenger,
                ledger,
                new QemuHost(
                        directory.resolve("r"),
                        directory.resolve("d"),
                        files,
                        Accelerator.TCG,
                        EarlyDisks.listen(QemuHost.instances(directory.resolve("r")))),
                files,
                new EventLog(H1),
                (_, _) -> Optional.empty(),
                _ -> false,
                (_, _) -> {},
                new LeaseKeeper(SELF, LeaseTiming.DEFAULT, ledger),
                new AloneWords(directory.resolve("alone"), new UUID(2, 2)),
                new ScrubTurn());
        proposals = new Proposals(new Desk(services));
    }

    @AfterEach
    void close() {
        messenger.close();
        links.close();
    }

    private AgentConfig config() {
        return new AgentConfig(
                new UUID(1, 1),
                H1,
                false,
                directory,
                directory,
                Optional.empty(),
                Optional.of("br0"),
                Optional.empty(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                List.of(),
                List.of(H1),
                List.of(),
                Optional.empty(),
                Duration.ofMillis(200),
                LeaseTiming.DEFAULT,
                Optional.empty(),
                ScrubSchedule.DEFAULT,
                PackingChoice.Mode.AUTO,
                0);
    }

    private final class Desk implements DriverDesk {
        private final AgentServices services;

        Desk(AgentServices services) {
            this.services = services;
        }

        @Override
        public void standbyTooSlow(Replica standby, String reason) {
            throw new AssertionError("nothing is copied here");
        }

        @Override
        public void copyFailed(String reason) {
            throw new AssertionError("nothing is copied");
        }

        @Override
        public VmSpec spec() {
            return SPEC;
        }

        @Override
        public AgentServices services() {
            return services;
        }

        @Override
        public long knownView() {
            return 1;
        }

        @Override
        public Part part() {
            return new Part.Idle();
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
            steps.add(input);
        }

        @Override
        public void event(String kind, Severity severity, String text) {
            events.add(kind + " " + severity + " " + text);
        }

        @Override
        public Moment now() {
            return now;
        }
    }

    /// Keeps what it is asked, for the test to answer.
    private static final class AskedLedger extends SilentLedger {
        final List<LedgerCommand> asked = new ArrayList<>();
        final List<CompletableFuture<LedgerAnswer>> answers = new ArrayList<>();

        @Override
        public CompletableFuture<LedgerAnswer> propose(LedgerCommand command) {
            asked.add(command);
            answers.add(new CompletableFuture<>());
            return answers.getLast();
        }

        @Override
        public CompletableFuture<LedgerState> read() {
            return CompletableFuture.completedFuture(seen());
        }

        @Override
        public void subscribe(Consumer<LedgerState> subscriber) {
            subscriber.accept(seen());
        }
    }

    private static View view(long number) {
        return new View(number, new Placement.Solo(SELF), new UUID(9, number));
    }

    private static VmRecord record(View view) {
        return new VmRecord(SPEC, true, view);
    }

    private void work() {
        while (!mailbox.isEmpty()) {
            mailbox.remove().run();
        }
    }

    private void answer(int index, LedgerAnswer answer) {
        ledger.answers.get(index).complete(answer);
        work();
    }

    private void lose(int index) {
        ledger.answers.get(index).completeExceptionally(new IOException("no answer"));
        work();
    }

    private void tick(long millis) {
        now = new Moment(millis * 1_000_000);
        proposals.tick(now, Optional.of(record(view(4))));
    }

    @Test
    void aProposalExpectsTheViewBeforeIt() {
        proposals.propose(view(5));
        assertThat(ledger.asked).containsExactly(new LedgerCommand.ChangeView(SPEC.id(), 4, view(5)));
        assertThat(steps).isEmpty();
    }

    @Test
    void anAnswerIsLearntOnTheDriversThread() {
        proposals.propose(view(5));
        ledger.answers.getFirst().complete(new LedgerAnswer.Accepted(Optional.of(record(view(5)))));
        assertThat(steps).isEmpty();
        work();
        assertThat(steps).containsExactly(new ViewInput.RecordLearnt(record(view(5))));
        tick(10_000);
        assertThat(steps).hasSize(1);
    }

    @Test
    void whatWasDecidedInsteadIsLearnt() {
        proposals.propose(view(5));
        answer(0, new LedgerAnswer.Conflict(record(view(6))));
        assertThat(steps).containsExactly(new ViewInput.RecordLearnt(record(view(6))));
        tick(10_000);
        assertThat(steps).hasSize(1);
        assertThat(events).isEmpty();
    }

    @Test
    void aLostAnswerIsAskedForOnceMoreAndNotAtOnce() {
        proposals.propose(view(5));
        lose(0);
        tick(199);
        assertThat(steps).isEmpty();
        tick(200);
        assertThat(steps).containsExactly(new ViewInput.ProposalUnanswered());
        tick(5_000);
        assertThat(steps).hasSize(1);
        assertThat(events).isEmpty();
    }

    @Test
    void aRefusalIsToldOnceAView() {
        Problem problem = Problem.of("no", "It cannot be.", "Do not ask.");
        for (int i = 0; i < 3; i++) {
            proposals.propose(view(5));
            answer(i, new LedgerAnswer.Refused(problem));
            tick(1_000L * i + 999);
            assertThat(steps).hasSize(i);
            tick(1_000L * (i + 1));
            assertThat(steps).hasSize(i + 1).containsOnly(new ViewInput.ProposalUnanswered());
        }
        assertThat(events).containsExactly("proposal-refused WARNING " + view(5) + ": It cannot be.");
        proposals.propose(view(6));
        answer(3, new LedgerAnswer.Refused(problem));
        assertThat(events).hasSize(2);
    }

    @Test
    void onlyTheNewestIsAskedAgain() {
        proposals.propose(view(5));
        proposals.propose(view(6));
        lose(0);
        tick(10_000);
        assertThat(steps).isEmpty();
        lose(1);
        tick(10_200);
        assertThat(steps).containsExactly(new ViewInput.ProposalUnanswered());
    }

    @Test
    void theAnswerToAnOvertakenProposalIsNewsAllTheSame() {
        proposals.propose(view(5));
        proposals.propose(view(6));
        answer(0, new LedgerAnswer.Accepted(Optional.of(record(view(5)))));
        assertThat(steps).containsExactly(new ViewInput.RecordLearnt(record(view(5))));
    }

    @Test
    void aNewProposalTakesThePlaceOfTheQuestion() {
        proposals.propose(view(5));
        lose(0);
        proposals.propose(view(5));
        tick(10_000);
        assertThat(steps).isEmpty();
    }

    @Test
    void thatAGuestIsOffIsToldUntilItIsKnown() {
        proposals.guestIsOff();
        assertThat(proposals.isTellingOff()).isTrue();
        tick(0);
        tick(999);
        assertThat(ledger.asked).containsExactly(new LedgerCommand.SwitchedOff(SPEC.id(), 0));
        tick(1_000);
        assertThat(ledger.asked).hasSize(2);
        proposals.tick(now, Optional.of(record(view(4)).ended(Optional.empty())));
        assertThat(proposals.isTellingOff()).isFalse();
        tick(10_000);
        assertThat(ledger.asked).hasSize(2);
        assertThat(steps).isEmpty();
        // The answers come late, when somebody has wanted it again: of that they say nothing.
        answer(0, new LedgerAnswer.Conflict(record(view(4)).withWanted(true)));
        assertThat(proposals.isWantedAgain()).isFalse();
    }

    @Test
    void whoWantsItAnewBeforeItIsKnownToBeOffHasItBeginAgain() {
        proposals.guestIsOff();
        tick(0);
        VmRecord anew = record(view(4)).withWanted(true);
        proposals.tick(new Moment(2_000_000_000L), Optional.of(anew));
        assertThat(ledger.asked)
                .as("the wish that was ended is asked to end, no later one")
                .containsOnly(new LedgerCommand.SwitchedOff(SPEC.id(), 0));
        answer(0, new LedgerAnswer.Conflict(anew));
        assertThat(proposals.isTellingOff()).isFalse();
        assertThat(proposals.isWantedAgain()).isTrue();
        assertThat(proposals.isWantedAgain()).as("said once").isFalse();
        answer(1, new LedgerAnswer.Conflict(anew));
        assertThat(proposals.isWantedAgain()).isFalse();
    }

    @Test
    void whoIsNotActiveAnyMoreBeginsNothingAgain() {
        proposals.giveUp("it died");
        tick(0);
        View others = new View(
                5, new Placement.Solo(new Replica(new HostName("h2"), new Life(new UUID(1, 2)))), new UUID(9, 5));
        answer(0, new LedgerAnswer.Conflict(record(others)));
        assertThat(proposals.isWantedAgain()).isFalse();
        assertThat(steps).containsExactly(new ViewInput.RecordLearnt(record(others)));
    }
}
