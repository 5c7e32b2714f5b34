package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VolumeId;
import understudy.model.VolumeReplica;
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
    private static final Member LOCAL = new Member(HERE, BOOT);
    private static final Member PEER = new Member(THERE, new UUID(3, 2));

    private final LinkedBlockingQueue<ViewInput> told = new LinkedBlockingQueue<>();
    private final ViewLedger ledger = new ViewLedger(VOLUME, H1, view(4, true, false), BOOT, told::add);

    @Test
    void theFirstViewIsTheVmsAndAskingForItIsAnsweredAtOnce() throws IOException {
        assertThat(ledger.read()).contains(new VolumeView(8, List.of(LOCAL), new UUID(0, 0)));
        assertThat(ledger.propose(new VolumeView(9, List.of(LOCAL), LIFE)))
                .isEqualTo(new VolumeView(9, List.of(LOCAL), LIFE));
        assertThat(told).isEmpty();
    }

    @Test
    void aReplicaThatCaughtUpIsToldAndTheViewWithItIsTheAnswer() throws Exception {
        Thread learns = learnsWhenTold(view(5, true, true));
        assertThat(ledger.propose(new VolumeView(9, List.of(LOCAL, PEER), LIFE)))
                .isEqualTo(new VolumeView(11, List.of(LOCAL, PEER), LIFE));
        learns.join();
        assertThat(told).isEmpty();
    }

    @Test
    void aViewThatIsAboutAnotherVolumeIsNoAnswer() throws Exception {
        Thread learns = learnsWhenTold(view(5, true, false), view(6, true, true));
        assertThat(ledger.propose(new VolumeView(9, List.of(LOCAL, PEER), LIFE)).number())
                .isEqualTo(13);
        learns.join();
    }

    @Test
    void withoutAViewInTimeTheOutcomeIsNotKnown() {
        assertThatThrownBy(() -> ledger.propose(new VolumeView(9, List.of(LOCAL, PEER), LIFE)))
                .isInstanceOf(IOException.class);
        assertThat(told).containsExactly(new ViewInput.ReplicaCaughtUp(VOLUME, H2));
    }

    /// What was asked for may still come to be, so to ask for what is so is not enough.
    @Test
    void whatWasAskedForIsTakenBackOnlyByALaterView() throws Exception {
        assertThatThrownBy(() -> ledger.propose(new VolumeView(9, List.of(LOCAL, PEER), LIFE)))
                .isInstanceOf(IOException.class);
        told.clear();
        Thread learns = learnsWhenTold(view(5, true, false));
        assertThat(ledger.propose(new VolumeView(9, List.of(LOCAL), LIFE)).number())
                .isEqualTo(11);
        learns.join();
    }

    @Test
    void aReplicaInTheOldOnesPlaceIsNamedBeforeItComesIn() throws Exception {
        UUID fresh = new UUID(2, 3);
        Thread learns = learnsWhenTold(view(5, fresh, false), view(6, fresh, true));
        VolumeView answer = ledger.propose(new VolumeView(9, List.of(LOCAL, new Member(fresh, PEER.boot())), LIFE));
        learns.join();
        assertThat(answer.member(fresh)).isPresent();
        assertThat(answer.number()).isEqualTo(13);
    }

    /// Plays the view machine: learns these once it was told something.
    private Thread learnsWhenTold(View... views) {
        return Thread.ofVirtual().start(() -> {
            try {
                assertThat(told.poll(5, TimeUnit.SECONDS)).isNotNull();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            for (View view : views) {
                ledger.learn(view);
            }
            told.clear();
        });
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
