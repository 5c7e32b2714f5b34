package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.model.HostName;
import understudy.model.Life;
import understudy.model.Placement.Solo;
import understudy.model.Replica;
import understudy.model.View;
import understudy.model.VmId;
import understudy.model.VmRecord;
import understudy.protocol.ViewInput;

class AloneWordsTest {
    private static final UUID BOOT = new UUID(1, 1);
    private static final UUID LATER_BOOT = new UUID(1, 2);

    @TempDir
    private Path folder;

    private final VmRecord known = known();
    private final VmId vm = known.spec().id();

    private static VmRecord known() {
        Replica active = new Replica(new HostName("h1"), new Life(UUID.randomUUID()));
        View view = new View(8, new Solo(active), List.of(), UUID.randomUUID(), true);
        return new VmRecord(QemuHostTest.spec(), true, view, 12);
    }

    @Test
    void aLaterLifeFindsWhatWasWrittenInThisStartOfTheHost() throws Exception {
        waiting(words -> {}, BOOT, (words, done) -> words.write(known, done));
        try (AloneWords later = new AloneWords(folder, BOOT)) {
            assertThat(later.ofThisStart()).containsExactly(known);
            assertThat(later.of(vm)).contains(new ViewInput.AloneFound(Optional.of(known), true));
        }
    }

    @Test
    void ofAnEarlierStartOfTheHostItFindsWhatItMayNotGoOnBy() throws Exception {
        waiting(words -> {}, BOOT, (words, done) -> words.write(known, done));
        try (AloneWords later = new AloneWords(folder, LATER_BOOT)) {
            assertThat(later.ofThisStart()).isEmpty();
            assertThat(later.of(vm)).contains(new ViewInput.AloneFound(Optional.of(known), false));
        }
    }

    @Test
    void aFileThatIsNoVmsIsLeftAlone() throws IOException {
        Path stranger = Files.writeString(folder.resolve("notes.json"), "{}");
        try (AloneWords words = new AloneWords(folder, BOOT)) {
            assertThat(words.ofThisStart()).isEmpty();
        }
        assertThat(stranger).exists();
    }

    @Test
    void aFileThatCannotBeReadIsThereAllTheSame() throws IOException {
        Files.writeString(folder.resolve(vm + ".json"), "{");
        try (AloneWords later = new AloneWords(folder, BOOT)) {
            assertThat(later.of(vm)).contains(new ViewInput.AloneFound(Optional.empty(), false));
        }
    }

    @Test
    void whatWasErasedIsGone() throws Exception {
        waiting(words -> words.write(known, () -> {}), BOOT, (words, done) -> words.erase(vm, done));
        try (AloneWords later = new AloneWords(folder, BOOT)) {
            assertThat(later.of(vm)).isEmpty();
        }
    }

    private interface Work {
        void begin(AloneWords words, Runnable done);
    }

    private void waiting(Consumer<AloneWords> first, UUID boot, Work work) throws IOException, InterruptedException {
        try (AloneWords words = new AloneWords(folder, boot)) {
            CountDownLatch latch = new CountDownLatch(1);
            first.accept(words);
            work.begin(words, latch::countDown);
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
