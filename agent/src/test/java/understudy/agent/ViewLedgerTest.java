package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
import understudy.protocol.MirrorWishes;
import understudy.protocol.ViewInput;
import understudy.volume.mirror.VolumeView;
import understudy.volume.mirror.VolumeView.Member;

class ViewLedgerTest {
    private static final HostName H1 = new HostName("h1");
    private static final HostName H2 = new HostName("h2");
    private static final VolumeId VOLUME = new VolumeId(new UUID(1, 1));
    private static final UUID HERE = new UUID(2, 1);
    private static final UUID THERE = new UUID(2, 2);
    private static final UUID BOOT = new UUID(3, 1);
    private static final UUID LIFE = new UUID(4, 4);
    private static final UUID FOREIGN = new UUID(0, 0);
    private static final Member LOCAL = new Member(HERE, BOOT);
    private static final Member PEER = new Member(THERE, new UUID(3, 2));

    @TempDir
    private Path folder;

    private final Desk desk = new Desk();
    private ViewLedger ledger;

    @BeforeEach
    void begin() {
        ledger = ledger(MirrorWishes.at(VOLUME, view(4, true, false)));
    }

    /// Its thread is the test's, and does one piece of work at a time.
    private static final class Desk implements MachineDesk {
        private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
        private final Deque<ViewInput> told = new ArrayDeque<>();
        private boolean isOpen = true;

        @Override
        public void post(Runnable next) {
            work.add(next);
        }

        @Override
        public void step(ViewInput input) {
            told.add(input);
        }

        @Override
        public boolean hasOpenProposal() {
            return isOpen;
        }

        void work() throws InterruptedException {
            Runnable next = work.poll(5, TimeUnit.SECONDS);
            assertThat(next).isNotNull();
            next.run();
        }
    }

    @Test
    void theFirstViewIsTheVmsAndAskingForItIsAnsweredAtOnce() throws IOException {
        VolumeView first = ledger.read().orElseThrow();
        assertThat(first.inSync()).containsExactly(LOCAL);
        assertThat(first.proposal()).isEqualTo(FOREIGN);
        VolumeView answer = ledger.propose(after(first, LOCAL));
        assertThat(answer.inSync()).containsExactly(LOCAL);
        assertThat(answer.proposal()).isEqualTo(LIFE);
        assertThat(answer.number()).isGreaterThan(first.number());
        assertThat(desk.work).isEmpty();
    }

    @Test
    void aReplicaThatCaughtUpIsToldAndTheViewWithItIsTheAnswer() throws Exception {
        VolumeView first = ledger.read().orElseThrow();
        Thread learns = learns(view(5, true, true));
        VolumeView answer = ledger.propose(after(first, LOCAL, PEER));
        learns.join();
        assertThat(answer.inSync()).containsExactly(LOCAL, PEER);
        assertThat(answer.proposal()).isEqualTo(LIFE);
        assertThat(desk.told)
                .containsExactly(new ViewInput.ReplicaRecovered(VOLUME, H1), new ViewInput.ReplicaCaughtUp(VOLUME, H2));
    }

    @Test
    void withoutAViewInTimeTheOutcomeIsNotKnown() {
        VolumeView first = ledger.read().orElseThrow();
        assertThatThrownBy(() -> ledger.propose(after(first, LOCAL, PEER))).isInstanceOf(IOException.class);
    }

    /// The mirror has moved on: what it wanted before it heard of a later view is void.
    @Test
    void whatWasAskedForBeforeALaterViewWasHeardIsVoid() throws Exception {
        VolumeView first = ledger.read().orElseThrow();
        Thread learns = learns(view(5, true, true));
        VolumeView newest = ledger.propose(after(first, LOCAL, PEER));
        learns.join();
        VolumeView answer = ledger.propose(after(first, PEER));
        assertThat(answer.number()).as("nothing new").isEqualTo(newest.number());
        assertThat(answer.inSync()).containsExactly(LOCAL, PEER);
        assertThat(answer.proposal()).isEqualTo(FOREIGN);
        assertThat(desk.work).isEmpty();
    }

    @Test
    void aViewThatComesUnaskedAndSaysOtherwiseIsToBeTold() throws IOException {
        VolumeView first = ledger.read().orElseThrow();
        assertThat(ledger.learn(view(5, true, false))).as("the same").isEmpty();
        VolumeView told = ledger.learn(view(6, true, true)).orElseThrow();
        assertThat(told.inSync()).extracting(Member::replica).containsExactly(HERE, THERE);
        assertThat(told.number()).isGreaterThan(first.number());
        assertThat(ledger.learn(view(7, true, true))).as("told already").isEmpty();
        assertThat(ledger.learn(view(6, true, false))).as("an older one").isEmpty();
    }

    @Test
    void whatIsSoIsGrantedWhereNothingIsUndecided() throws Exception {
        VolumeView first = ledger.read().orElseThrow();
        assertThatThrownBy(() -> ledger.propose(after(first, LOCAL, PEER))).isInstanceOf(IOException.class);
        desk.isOpen = false;
        Thread hears = Thread.ofVirtual().start(() -> {
            try {
                desk.work();
                desk.work();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(ledger.propose(after(first, LOCAL)).inSync()).containsExactly(LOCAL);
        hears.join();
        assertThat(desk.told).contains(new ViewInput.ReplicaFailed(VOLUME, H2, "the mirror lost it"));
    }

    /// Its mirror serves no more, and another one does in the same life.
    @Test
    void aLedgerThatIsClosedTellsNothingAndHandsOverWhatIsOpen() throws Exception {
        VolumeView first = ledger.read().orElseThrow();
        assertThatThrownBy(() -> ledger.propose(after(first, LOCAL, PEER))).isInstanceOf(IOException.class);
        ViewLedger next = ledger(ledger.close());
        desk.work();
        assertThat(desk.told).isEmpty();
        VolumeView again = next.read().orElseThrow();
        assertThat(again.number()).isGreaterThan(first.number());
        assertThatThrownBy(() -> next.propose(after(again, LOCAL))).isInstanceOf(IOException.class);
    }

    @Test
    void aLaterLifeKnowsInWhichStartOfItsHostAReplicaWasCountedOn() throws Exception {
        VolumeView first = ledger.read().orElseThrow();
        Thread learns = learns(view(5, true, true));
        ledger.propose(after(first, LOCAL, PEER));
        learns.join();
        assertThat(ledger(MirrorWishes.at(VOLUME, view(6, true, true)))
                        .read()
                        .orElseThrow()
                        .inSync())
                .containsExactly(LOCAL, PEER);
    }

    @Test
    void aReplicaInTheOldOnesPlaceIsNamedBeforeItComesIn() throws Exception {
        UUID fresh = new UUID(2, 3);
        VolumeView first = ledger.read().orElseThrow();
        Thread names = learns(view(5, fresh, false), view(6, fresh, true));
        VolumeView answer = ledger.propose(after(first, LOCAL, new Member(fresh, PEER.boot())));
        names.join();
        assertThat(answer.member(fresh)).isPresent();
        assertThat(desk.told)
                .containsExactly(
                        new ViewInput.ReplicaReplaced(VOLUME, H2, fresh),
                        new ViewInput.ReplicaRecovered(VOLUME, H1),
                        new ViewInput.ReplicaCaughtUp(VOLUME, H2));
    }

    /// Until the mirror has let go of the former host's replica, what it asks for may be about that one.
    @Test
    void nothingOfAFormerHostsReplicaIsAskedForWhenAnotherHostComes() throws Exception {
        HostName third = new HostName("h3");
        VolumeReplica unmade = new VolumeReplica(third, new UUID(2, 3), false, true);
        View moved = view(5, List.of(new VolumeReplica(H1, HERE, true), unmade));
        VolumeView first = ledger.read().orElseThrow();
        Thread comes = Thread.ofVirtual().start(() -> {
            try {
                desk.work();
                assertThat(ledger.learn(moved)).as("told when it reads").isEmpty();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        VolumeView answer = ledger.propose(after(first, LOCAL, PEER));
        comes.join();
        assertThat(answer.inSync()).containsExactly(LOCAL);
        assertThat(answer.proposal()).isEqualTo(FOREIGN);
        assertThat(ledger.isToLetGo()).isTrue();
        desk.told.clear();

        for (VolumeView known : List.of(first, answer)) {
            assertThat(ledger.propose(after(known, LOCAL, PEER)).inSync()).containsExactly(LOCAL);
        }
        assertThat(desk.work).isEmpty();
        VolumeView read = ledger.read().orElseThrow();
        assertThat(ledger.isToLetGo()).isFalse();
        assertThat(ledger.propose(after(answer, LOCAL, PEER)).number())
                .as("asked for before it read")
                .isEqualTo(read.number());
        assertThat(desk.work).isEmpty();
        assertThat(desk.told).isEmpty();

        Member other = new Member(unmade.id(), new UUID(3, 3));
        Thread learns = learns(
                view(6, List.of(new VolumeReplica(H1, HERE, true), new VolumeReplica(third, unmade.id(), true))));
        assertThat(ledger.propose(after(read, LOCAL, other)).inSync()).containsExactly(LOCAL, other);
        learns.join();
    }

    private ViewLedger ledger(MirrorWishes wishes) {
        return new ViewLedger(H1, wishes, BOOT, new CountedBoots(folder.resolve("vm"), BOOT), desk);
    }

    /// Plays the view machine: learns one of these after each piece of work.
    private Thread learns(View... views) {
        return Thread.ofVirtual().start(() -> {
            try {
                for (View view : views) {
                    desk.work();
                    ledger.learn(view);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static VolumeView after(VolumeView known, Member... members) {
        return new VolumeView(known.number() + 1, Arrays.asList(members), LIFE);
    }

    private static View view(long number, boolean here, boolean there) {
        return view(number, List.of(new VolumeReplica(H1, HERE, here), new VolumeReplica(H2, THERE, there)));
    }

    private static View view(long number, UUID there, boolean inSync) {
        return view(number, List.of(new VolumeReplica(H1, HERE, true), new VolumeReplica(H2, there, inSync)));
    }

    private static View view(long number, List<VolumeReplica> replicas) {
        return new View(
                number,
                new Placement.Solo(new Replica(H1, new Life(new UUID(5, 5)))),
                List.of(new understudy.model.VolumeView(VOLUME, replicas)),
                new UUID(6, number));
    }
}
