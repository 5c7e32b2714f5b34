package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLedgerTest {
    @TempDir
    private Path folder;

    private Path file = Path.of("");
    private FileLedger ledger = new FileLedger(Path.of(""));

    @BeforeEach
    void inAFolder() {
        file = folder.resolve("disk.view");
        ledger = new FileLedger(file);
    }

    private static VolumeView view(long number, int members) {
        List<VolumeView.Member> all = List.of(
                new VolumeView.Member(UUID.randomUUID(), UUID.randomUUID()),
                new VolumeView.Member(UUID.randomUUID(), UUID.randomUUID()));
        return new VolumeView(number, all.subList(0, members), UUID.randomUUID());
    }

    @Test
    void whatWasProposedIsReadAgain() throws IOException {
        assertThat(ledger.read()).isEmpty();
        VolumeView first = view(1, 1);
        VolumeView second = view(2, 2);
        assertThat(ledger.propose(first)).isEqualTo(first);
        assertThat(ledger.propose(second)).isEqualTo(second);
        assertThat(new FileLedger(file).read()).contains(second);
        assertThat(folder.resolve("disk.view.unfinished")).doesNotExist();
    }

    @Test
    void aViewThatIsNotTheNextIsNotTaken() throws IOException {
        VolumeView first = view(1, 1);
        ledger.propose(first);
        assertThat(ledger.propose(view(1, 2))).isEqualTo(first);
        assertThat(ledger.propose(view(3, 2))).isEqualTo(first);
        assertThat(ledger.read()).contains(first);
    }

    @Test
    void noDamageIsTakenForAView() throws IOException {
        ledger.propose(view(1, 2));
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThatThrownBy(ledger::read).isInstanceOf(IOException.class).hasMessageContaining("no view");
            Files.write(file, java.util.Arrays.copyOf(whole, i));
            assertThatThrownBy(ledger::read).isInstanceOf(IOException.class).hasMessageContaining("no view");
        }
    }
}
