package understudy.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountedBootsTest {
    private static final UUID SELF = new UUID(9, 9);
    private static final UUID ONE = new UUID(1, 1);
    private static final UUID OTHER = new UUID(1, 2);

    @TempDir
    private Path folder;

    @Test
    void aLaterLifeKnowsWhatWasCountedOnLast() {
        CountedBoots boots = boots();
        boots.put(ONE, new UUID(7, 1));
        boots.put(OTHER, new UUID(7, 2));
        boots.put(ONE, new UUID(7, 3));
        assertThat(boots().of(ONE)).contains(new UUID(7, 3));
        assertThat(boots().of(OTHER)).contains(new UUID(7, 2));
        assertThat(boots().of(new UUID(1, 3))).isEmpty();
    }

    @Test
    void whatWasCountedOnBeforeThisHostWasStartedAnewConcernsNoGuest() {
        boots().put(ONE, OTHER);
        assertThat(new CountedBoots(folder.resolve("vm"), new UUID(9, 8)).of(ONE))
                .isEmpty();
    }

    @Test
    void nothingIsKnownOfAVmThatIsNoMore() {
        boots().put(ONE, new UUID(7, 1));
        boots().forget();
        assertThat(boots().of(ONE)).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatCannotBeReadIsNotKnownAndIsReplaced() throws IOException {
        for (String damaged : new String[] {
            "", "x", SELF + "\n" + ONE, SELF + "\n" + ONE + " y", SELF + "\n" + ONE + " " + ONE + "\nz"
        }) {
            Files.writeString(folder.resolve("vm"), damaged);
            CountedBoots boots = boots();
            assertThat(boots.of(ONE)).as(damaged).isEmpty();
            boots.put(OTHER, ONE);
            assertThat(boots().of(OTHER)).contains(ONE);
        }
    }

    @Test
    void whatCannotBeWrittenIsKnownToThisLife() throws IOException {
        Files.writeString(folder.resolve("file"), "");
        CountedBoots boots = new CountedBoots(folder.resolve("file").resolve("vm"), SELF);
        boots.put(ONE, OTHER);
        assertThat(boots.of(ONE)).contains(OTHER);
    }

    private CountedBoots boots() {
        return new CountedBoots(folder.resolve("vm"), SELF);
    }
}
