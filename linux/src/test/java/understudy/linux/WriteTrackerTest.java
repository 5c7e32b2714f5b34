package understudy.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// On a shared mapping of this process, with a userfaultfd of its own.
class WriteTrackerTest {
    private static final int PAGES = 1_000;
    private static final int PAGE = PageRuns.PAGE_BYTES;
    private static final long SELF = ProcessHandle.current().pid();

    @TempDir
    Path directory;

    private SharedMemoryFile memory;
    private AddressRange range;
    private int userfaultFd;
    private WriteTracker tracker;
    private final PageRuns runs = new PageRuns(4);

    @BeforeEach
    void track() throws IOException {
        memory = SharedMemoryFile.create(Path.of("/dev/shm", "understudy-test-" + SELF), (long) PAGES * PAGE);
        range = new AddressRange(memory.segment().address(), memory.segment().address() + memory.size());
        userfaultFd = KernelFeatures.userfaultFd();
        tracker = WriteTracker.attach(SELF, userfaultFd, List.of(range));
    }

    @AfterEach
    void end() throws IOException {
        tracker.close();
        Libc.close(userfaultFd);
        memory.close();
        runs.close();
        Files.delete(memory.path());
    }

    @Test
    void theFirstTakeListsEverything() throws IOException {
        assertThat(taken().cardinality()).isEqualTo(PAGES);
        assertThat(runs.count()).isEqualTo(1);
        assertThat(runs.pages()).isEqualTo(PAGES);
    }

    @Test
    void aWriteIsListedOnce() throws IOException {
        taken();
        write(7);
        write(8);
        write(500);
        assertThat(taken()).isEqualTo(bits(7, 8, 500));
        assertThat(runs.count()).isEqualTo(2);
        assertThat(taken().isEmpty()).isTrue();
    }

    @Test
    void readingIsNotWriting() throws IOException {
        taken();
        assertThat(memory.segment().get(JAVA_BYTE, 3L * PAGE)).isZero();
        assertThat(taken().isEmpty()).isTrue();
    }

    @Test
    void moreRunsThanTheVectorHoldsAreAllListed() throws IOException {
        taken();
        BitSet expected = new BitSet();
        for (int page = 0; page < PAGES; page += 2) {
            write(page);
            expected.set(page);
        }
        assertThat(taken()).isEqualTo(expected);
        assertThat(runs.count()).isEqualTo(PAGES / 2);
    }

    @Test
    void aPartOfTheRangeLeavesTheRestMarked() throws IOException {
        taken();
        write(10);
        write(20);
        runs.clear();
        tracker.take(new AddressRange(range.start(), range.start() + 15 * PAGE), runs);
        assertThat(runs.pages()).isEqualTo(1);
        assertThat(taken()).isEqualTo(bits(20));
    }

    @Test
    void aSecondTrackerTakesUpWhereTheFirstEnded() throws IOException {
        taken();
        write(1);
        tracker.close();
        write(2);
        tracker = WriteTracker.attach(SELF, userfaultFd, List.of(range));
        write(3);
        assertThat(taken()).isEqualTo(bits(1, 2, 3));
    }

    @Test
    void aRangeMayBeAddedTwice() throws IOException {
        taken();
        write(5);
        tracker.add(range);
        assertThat(taken()).isEqualTo(bits(5));
    }

    @Test
    void aMissingTrackerDescriptorIsAClearError() {
        assertThatThrownBy(() -> WriteTracker.attach(SELF, 9_999, List.of(range)))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("pidfd_getfd of descriptor 9999 of process " + SELF)
                .hasMessageContaining("(EBADF)");
    }

    @Test
    void memoryThatIsNotTrackedIsRefused() throws IOException {
        Path file = directory.resolve("other");
        try (SharedMemoryFile other = SharedMemoryFile.create(file, PAGE)) {
            long start = other.segment().address();
            assertThatThrownBy(() -> tracker.take(new AddressRange(start, start + PAGE), runs))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("(EPERM)");
        }
    }

    @Test
    void randomWritesAreListedAsATwinSaysSo() throws IOException {
        taken();
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            BitSet twin = new BitSet();
            for (int i = random.nextInt(300); i > 0; i--) {
                int page = random.nextInt(PAGES);
                write(page);
                twin.set(page);
            }
            assertThat(taken()).as("seed %d", seed).isEqualTo(twin);
        }
    }

    /// Copies what is listed while another thread writes; after the last writes one more take must make the
    /// copy equal.
    @Test
    void noWriteOfARunningThreadIsLost() throws Exception {
        long[] copy = new long[PAGES];
        AtomicBoolean stop = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            SplittableRandom random = new SplittableRandom(1);
            for (long value = 1; !stop.get(); value++) {
                memory.segment().set(JAVA_LONG, (long) random.nextInt(PAGES) * PAGE, value);
            }
        });
        for (int round = 0; round < 500; round++) {
            copyInto(copy);
        }
        stop.set(true);
        writer.join();
        copyInto(copy);
        for (int page = 0; page < PAGES; page++) {
            assertThat(copy[page])
                    .as("page %d", page)
                    .isEqualTo(memory.segment().get(JAVA_LONG, (long) page * PAGE));
        }
    }

    private void copyInto(long[] copy) throws IOException {
        taken().stream().forEach(page -> copy[page] = memory.segment().get(JAVA_LONG, (long) page * PAGE));
    }

    private BitSet taken() throws IOException {
        runs.clear();
        tracker.take(range, runs);
        BitSet pages = new BitSet();
        for (int i = 0; i < runs.count(); i++) {
            pages.set((int) ((runs.start(i) - range.start()) / PAGE), (int) ((runs.end(i) - range.start()) / PAGE));
        }
        assertThat(pages.cardinality()).isEqualTo((int) runs.pages());
        return pages;
    }

    private void write(int page) {
        memory.segment().set(JAVA_BYTE, (long) page * PAGE + 17, (byte) 1);
    }

    private static BitSet bits(int... pages) {
        BitSet bits = new BitSet();
        for (int page : pages) {
            bits.set(page);
        }
        return bits;
    }
}
