package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import understudy.api.Event;
import understudy.api.Event.Severity;
import understudy.model.HostName;
import understudy.model.VmName;

class EventLogTest {
    private static final int KEPT = 10_000;

    private final EventLog log = new EventLog(new HostName("h1"));

    private static Event foreign(int number) {
        return new Event(
                number,
                Instant.EPOCH,
                new HostName("h2"),
                Optional.of(new VmName("web-1")),
                "lost",
                Severity.WARNING,
                "number " + number);
    }

    @Test
    void numbersRiseWhateverTheOthersNumbersAre() {
        log.told(foreign(1_000));
        Event own = log.happened(Optional.empty(), "began", Severity.INFO, "it began");
        log.told(foreign(1));
        List<Event> all = log.after(0, 10);
        assertThat(all).extracting(Event::text).containsExactly("number 1000", "it began", "number 1");
        assertThat(all).extracting(Event::sequence).isSorted().doesNotHaveDuplicates();
        assertThat(own.host()).isEqualTo(new HostName("h1"));
        assertThat(all.getFirst().host()).isEqualTo(new HostName("h2"));
        assertThat(all.getFirst().time()).isEqualTo(Instant.EPOCH);
        assertThat(new EventLog(new HostName("h1"))
                        .happened(Optional.empty(), "began", Severity.INFO, "again")
                        .sequence())
                .isGreaterThan(all.getFirst().sequence());
    }

    @Test
    void onlyTheNewestAreKept() {
        for (int i = 1; i <= KEPT + 5; i++) {
            log.told(foreign(i));
        }
        List<Event> all = log.after(0, Integer.MAX_VALUE);
        assertThat(all).hasSize(KEPT);
        assertThat(all.getFirst().text()).isEqualTo("number 6");
        assertThat(log.after(all.getLast().sequence(), 10)).isEmpty();
        assertThat(log.after(all.get(KEPT - 3).sequence(), 10))
                .extracting(Event::text)
                .containsExactly("number 10004", "number 10005");
        assertThat(log.after(0, 2)).extracting(Event::text).containsExactly("number 6", "number 7");
        assertThat(log.after(0, 0)).isEmpty();
    }

    @Test
    void followersHearInOrderUntilTheyLeave() throws Exception {
        List<String> heard = new ArrayList<>();
        try (AutoCloseable _ = log.follow(event -> heard.add(event.text()))) {
            log.told(foreign(1));
            log.happened(Optional.empty(), "began", Severity.INFO, "it began");
        }
        log.told(foreign(2));
        assertThat(heard).containsExactly("number 1", "it began");
    }
}
