package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.api.VmState;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.Care;
import understudy.model.CrashReaction;
import understudy.model.RestartLimit;
import understudy.model.WatchdogReaction;

class GuestFailuresTest {
    @TempDir
    Path directory;

    private final Links links = new Links();
    private Messenger messenger;
    private Link link;
    private FileStore files;
    private Proposals proposals;
    private TestDesk desk;

    @BeforeEach
    void open() throws IOException {
        link = links.add("h1");
        messenger = new Messenger(link, new Deaf());
        files = new FileStore(directory.resolve("files"), link);
        desk = desk(Care.DEFAULT);
        proposals = new Proposals(desk);
    }

    @AfterEach
    void close() {
        desk.close();
        messenger.close();
        links.close();
    }

    private TestDesk desk(Care care) throws IOException {
        return new TestDesk(
                QemuHostTest.spec().with(care),
                link,
                messenger,
                files,
                directory,
                new UUID(2, 2),
                (_, _) -> Optional.empty(),
                _ -> {});
    }

    private GuestFailures of(Care care) throws IOException {
        desk.close();
        desk = desk(care);
        proposals = new Proposals(desk);
        return new GuestFailures(desk, proposals);
    }

    private static VmState state(GuestFailures failures) {
        return failures.trouble().orElseThrow().state();
    }

    @Test
    void aCrashIsFollowedByAResetAtOnceAndBeyondTheLimitByNone() throws IOException {
        GuestFailures failures =
                of(Care.DEFAULT.with(new RestartLimit(1, Duration.ofHours(1))).with(CrashReaction.RESTART));
        failures.crashed();
        assertThat(failures.isResetDue(desk.now())).isTrue();
        assertThat(state(failures)).isEqualTo(VmState.STARTING);
        failures.wasReset();
        assertThat(failures.isResetDue(desk.now())).isFalse();
        assertThat(failures.trouble()).isEmpty();
        failures.crashed();
        assertThat(failures.isResetDue(desk.now())).isFalse();
        assertThat(state(failures)).isEqualTo(VmState.FAILED);
        assertThat(proposals.isTellingOff()).isTrue();
        failures.forget();
        failures.crashed();
        assertThat(failures.isResetDue(desk.now())).isTrue();
    }

    @Test
    void aGuestThatBeganAnewByItselfIsNotReset() throws IOException {
        GuestFailures failures = of(Care.DEFAULT.with(CrashReaction.RESTART));
        failures.crashed();
        failures.rebooted();
        assertThat(failures.isResetDue(desk.now().plus(Duration.ofHours(1)))).isFalse();
        assertThat(failures.trouble()).isEmpty();
    }

    @Test
    void aGuestThatIsToStopOrToBeLookedAtIsNotReset() throws IOException {
        GuestFailures stopping = of(Care.DEFAULT.with(CrashReaction.STOP));
        stopping.crashed();
        assertThat(state(stopping)).isEqualTo(VmState.FAILED);
        assertThat(proposals.isTellingOff()).isTrue();
        desk.close();
        GuestFailures pausing = of(Care.DEFAULT.with(CrashReaction.PAUSE));
        pausing.crashed();
        assertThat(state(pausing)).isEqualTo(VmState.PAUSED);
        assertThat(proposals.isTellingOff()).isFalse();
        assertThat(pausing.isResetDue(desk.now())).isFalse();
    }

    @Test
    void aWatchdogThatExpiresIsToldAndActedOnAsAsked() throws IOException {
        GuestFailures told = of(Care.DEFAULT.with(WatchdogReaction.NONE));
        told.watchdogExpired();
        assertThat(told.trouble()).isEmpty();
        assertThat(desk.events).anyMatch(event -> event.startsWith("watchdog-expired WARNING"));
        desk.close();
        GuestFailures reset = of(Care.DEFAULT.with(WatchdogReaction.RESET));
        reset.watchdogExpired();
        assertThat(reset.isResetDue(desk.now())).isTrue();
        assertThat(desk.events).anyMatch(event -> event.startsWith("watchdog-expired ERROR"));
    }
}
