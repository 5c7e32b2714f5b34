package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import understudy.model.Moment;
import understudy.model.VolumeId;

class DiskSyncTest {
    private static final VolumeId ONE = new VolumeId(new UUID(1, 1));
    private static final VolumeId TWO = new VolumeId(new UUID(1, 2));
    private static final long PATIENCE_MILLIS = 2_000;

    private final Map<VolumeId, Runnable> asked = new TreeMap<>();
    private final Set<VolumeId> waiting = new HashSet<>();
    private final List<String> news = new ArrayList<>();
    private Moment now = new Moment(0);
    private final DiskSync sync = new DiskSync(Runnable::run, () -> now, Duration.ofMillis(PATIENCE_MILLIS));

    private void begin() {
        sync.begin(List.of(ONE, TWO), asked::put, () -> news.add("one is"));
    }

    private void flushed(VolumeId volume) {
        Objects.requireNonNull(asked.get(volume)).run();
    }

    private boolean isDoneAt(long millis) {
        now = new Moment(Duration.ofMillis(millis).toNanos());
        return sync.isDone(waiting::contains);
    }

    @Test
    void itIsDoneWhenAllDisksAre() {
        assertThat(isDoneAt(0)).as("nothing was begun").isTrue();
        begin();
        assertThat(isDoneAt(1)).isFalse();
        flushed(TWO);
        assertThat(isDoneAt(100_000)).as("however long it takes").isFalse();
        flushed(ONE);
        assertThat(isDoneAt(100_001)).isTrue();
        assertThat(news).hasSize(2);
    }

    @Test
    void aDiskThatIsHeldForAMomentIsWaitedFor() {
        begin();
        flushed(TWO);
        waiting.add(ONE);
        assertThat(isDoneAt(0)).isFalse();
        assertThat(isDoneAt(PATIENCE_MILLIS)).isFalse();
        waiting.clear();
        assertThat(isDoneAt(PATIENCE_MILLIS + 5)).isFalse();
        waiting.add(ONE);
        assertThat(isDoneAt(PATIENCE_MILLIS + 10)).as("the time begins anew").isFalse();
        assertThat(isDoneAt(2 * PATIENCE_MILLIS)).isFalse();
        assertThat(isDoneAt(2 * PATIENCE_MILLIS + 11)).as("nobody can read it").isTrue();
    }

    @Test
    void whatWasBegunForAnEarlierGuestCountsNoMore() {
        begin();
        Runnable late = Objects.requireNonNull(asked.get(ONE));
        begin();
        late.run();
        flushed(TWO);
        assertThat(isDoneAt(0)).isFalse();
        sync.end();
        assertThat(isDoneAt(0)).isTrue();
    }
}
