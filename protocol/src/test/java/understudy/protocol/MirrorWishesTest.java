package understudy.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.HostName;
import understudy.model.Level;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmSpec;
import understudy.model.VolumeId;
import understudy.protocol.ViewInput.ReplicaCaughtUp;
import understudy.protocol.ViewInput.ReplicaFailed;
import understudy.protocol.ViewInput.ReplicaRecovered;

class MirrorWishesTest {
    private static final Replica SELF = LedgerStateTest.replica("h1");
    private static final HostName H1 = SELF.host();
    private static final HostName H2 = new HostName("h2");
    private static final VmSpec SPEC = LedgerStateTest.spec("db", Level.COMPONENT, "1G");
    private static final VolumeId DISK = SPEC.disks().getFirst().id();
    private static final List<HostName> HERE = List.of(H1);
    private static final List<HostName> BOTH = List.of(H1, H2);

    private MirrorWishes wishes = MirrorWishes.at(DISK, view(4, "h1"));

    @Test
    void whatIsSoIsGrantedAtOnceIfNothingElseIsOpen() {
        wishes = wishes.wished(HERE);
        assertNothingOpen();
        wishes = wishes.wished(BOTH).heard().wished(HERE);
        assertOpen();
    }

    @Test
    void aReplicaThatIsToComeInHasCaughtUp() {
        assertThat(wishes.wished(BOTH).news()).containsExactly(recovered(H1), new ReplicaCaughtUp(DISK, H2));
    }

    @Test
    void whatWasToComeInAndIsNotWantedAnyMoreHasFailed() {
        assertThat(wishes.wished(BOTH).wished(HERE).wished(HERE).news()).containsExactly(failed(H2), recovered(H1));
    }

    @Test
    void ofTwoReplicasThatWereLostTheOneThatIsWantedHasRecovered() {
        wishes = MirrorWishes.at(DISK, view(4, "h1", "h2")).wished(HERE);
        assertThat(wishes.news()).containsExactly(failed(H2), recovered(H1));
        assertThat(wishes.wished(List.of(H2)).news()).containsExactly(failed(H1), recovered(H2));
    }

    /// It was under way, and what was asked for before may follow it.
    @Test
    void aViewThatWasLearntBeforeTheNewsWereHeardGrantsNothing() {
        wishes = wishes.wished(BOTH).heard().wished(HERE).learnt(view(5, "h1"));
        assertOpen();
        wishes = wishes.heard();
        assertOpen();
        wishes = wishes.learnt(view(5, "h1"));
        assertOpen();
        wishes = wishes.learnt(view(6, "h1", "h2"));
        assertOpen();
        wishes = wishes.learnt(view(7, "h1"));
        assertNothingOpen();
    }

    @Test
    void whereNothingIsUndecidedWhatIsSoIsGrantedWhenTheNewsAreHeard() {
        wishes = wishes.wished(BOTH).heard().wished(HERE).heard();
        wishes = wishes.decided(wishes.open());
        assertNothingOpen();
        wishes = wishes.wished(BOTH).heard();
        wishes = wishes.decided(wishes.open());
        assertOpen();
    }

    @Test
    void aWishWhoseNewsWereNotHeardIsNotGrantedInThePlaceOfAnother() {
        MirrorWishes both = wishes.wished(BOTH).heard();
        wishes = both.wished(HERE).decided(both.open());
        assertOpen();
        wishes = wishes.decided(wishes.open()).learnt(view(5, "h1"));
        assertOpen();
    }

    @Test
    void anotherMirrorInThePlaceOfOneGoesOnWithItsNumbersAndWhatIsOpen() {
        wishes = wishes.telling().wished(BOTH).heard();
        MirrorWishes next = wishes.handedOver();
        assertThat(next.isToBeTold()).isFalse();
        assertThat(next.telling().told()).isGreaterThan(wishes.told());
        assertThat(next.wished(HERE).open()).isPresent();
    }

    /// A host that goes on alone does so by a view of its own.
    @Test
    void theLedgersViewOfANumberReplacesOneOfThisHostAlone() {
        wishes = wishes.telling().wished(BOTH).heard().wished(HERE).heard();
        View ledgers = new View(4, wishes.view().placement(), wishes.view().volumes(), new UUID(9, 9));
        long before = wishes.told();
        wishes = wishes.learnt(ledgers);
        assertNothingOpen();
        assertThat(wishes.telling().told()).isGreaterThan(before);
        assertThat(MirrorWishes.viewOf(wishes.telling().told())).isEqualTo(4);
    }

    @Test
    void theMirrorIsToBeToldOfWhatItDoesNotKnow() {
        assertThat(wishes.learnt(view(5, "h1", "h2")).isToBeTold())
                .as("before it has read")
                .isFalse();
        wishes = wishes.telling().learnt(view(5, "h1"));
        assertThat(wishes.isToBeTold()).isFalse();
        wishes = wishes.learnt(view(6, "h1", "h2"));
        assertThat(wishes.isToBeTold()).isTrue();
        assertThat(wishes.telling().isToBeTold()).isFalse();
        assertThat(MirrorWishes.viewOf(wishes.telling().told())).isEqualTo(6);
    }

    @Test
    void aWishOnTopOfAnOlderViewThanTheMirrorWasToldOfIsVoid() {
        wishes = wishes.telling();
        long next = wishes.told() + 1;
        assertThat(wishes.isStale(next)).isFalse();
        assertThat(wishes.telling().isStale(next)).isTrue();
    }

    /// The replica that was to come in has no part in the volume any more.
    @Test
    void aWishIsVoidWhenAnotherHostComes() {
        wishes = wishes.telling().wished(BOTH).heard();
        View other = view(5, "h1");
        View moved = new View(
                5,
                other.placement(),
                other.volumes().stream()
                        .map(it -> it.moved(H2, new HostName("h3"), new UUID(0, 3)))
                        .toList(),
                other.proposal());
        assertThat(wishes.hasOtherHosts(other)).isFalse();
        assertThat(wishes.hasOtherHosts(moved)).isTrue();
        wishes = wishes.learnt(moved);
        assertNothingOpen();
        assertThat(wishes.news()).isEmpty();
        assertThat(wishes.hasOtherHosts(view(4, "h1"))).as("an older one").isFalse();
    }

    private void assertOpen() {
        assertThat(wishes.open()).isPresent();
    }

    private void assertNothingOpen() {
        assertThat(wishes.open()).isEmpty();
    }

    private static ViewInput failed(HostName host) {
        return new ReplicaFailed(DISK, host, "the mirror lost it");
    }

    private static ViewInput recovered(HostName host) {
        return new ReplicaRecovered(DISK, host);
    }

    private static View view(long number, String... inSync) {
        return new View(number, new Solo(SELF), LedgerStateTest.volumes(SPEC, inSync), new UUID(0, number));
    }
}
