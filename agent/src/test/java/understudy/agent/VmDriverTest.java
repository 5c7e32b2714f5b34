package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import understudy.link.Link;
import understudy.link.Messenger;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Moment;
import understudy.model.Placement;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmRecord;
import understudy.model.VmSpec;
import understudy.protocol.Part;
import understudy.protocol.ViewInput;

@Timeout(30)
class VmDriverTest {
    private static final HostName H1 = new HostName("h1");
    private static final VmSpec SPEC = QemuHostTest.spec();

    @TempDir
    Path directory;

    private final Links links = new Links();
    private Link active;
    private Messenger messenger;
    private TestDesk desk;
    private VmDriver driver;

    @BeforeEach
    void open() throws IOException {
        Link standby = links.add("h1");
        active = links.add("h2");
        messenger = new Messenger(standby, new Deaf());
        desk = new TestDesk(
                SPEC,
                standby,
                messenger,
                new FileStore(directory.resolve("files"), standby),
                directory,
                new UUID(2, 2),
                (_, _) -> Optional.empty(),
                _ -> {});
        driver = new VmDriver(desk.services(), SPEC);
        driver.start();
        standby.serve(AgentServices.CHECKPOINTS, new StreamOffers(_ -> Optional.of(driver), () -> "")::take);
    }

    @AfterEach
    void close() {
        driver.close();
        desk.close();
        messenger.close();
        links.close();
    }

    private static VmRecord view(long number, HostName solo, Life life) {
        return new VmRecord(
                SPEC, true, new View(number, new Placement.Solo(new Replica(solo, life)), new UUID(9, number)));
    }

    private void learn(long number, HostName solo, Life life) {
        driver.input(new ViewInput.RecordLearnt(view(number, solo, life)));
    }

    /// An active is told of a view, and may offer a stream under it, before its standby is.
    @Test
    void anOfferIsJudgedByTheViewThatItIsOf() throws IOException {
        Life stranger = new Life(UUID.randomUUID());
        try (Offering offering = Offering.make(active, H1, SPEC.id(), 5)) {
            learn(4, new HostName("h2"), active.config().life());
            driver.tick(new Moment(System.nanoTime()), false);
            await().until(() -> driver.knownView() == 4);
            learn(5, new HostName("h2"), stranger);
            assertThat(offering.refusal()).startsWith("END: h2@").endsWith("is not the active one of view 5");
        }
    }

    @Test
    void anOfferOfAnEarlierViewIsRefusedAtOnce() throws IOException {
        learn(6, new HostName("h2"), active.config().life());
        try (Offering offering = Offering.make(active, H1, SPEC.id(), 5)) {
            assertThat(offering.refusal()).isEqualTo("END: it is of view 5, and view 6 is known here");
        }
    }

    @Test
    void whyTheGuestIsNotCopiedCanBeRead() {
        assertThat(reason("", true)).isEqualTo("its memory is about to be copied to the standby");
        assertThat(reason("an attempt failed: no room", true))
                .isEqualTo("its memory is about to be copied to the standby (an attempt failed: no room)");
        assertThat(reason("an attempt failed: no room", false)).isEqualTo("its other host does not answer");
    }

    private static String reason(String failedCopies, boolean peerAnswers) {
        return DriverReport.of(
                        SPEC,
                        new Part.Running(),
                        "",
                        failedCopies,
                        new DriverReport.Outlook(true, peerAnswers, true),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        List.of())
                .reason();
    }
}
