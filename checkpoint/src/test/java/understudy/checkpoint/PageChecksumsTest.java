package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import understudy.linux.SharedMemoryFile;

class PageChecksumsTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 64;

    @TempDir(factory = InSharedMemory.class)
    Path directory;

    private SharedMemoryFile ram(String name) throws IOException {
        return SharedMemoryFile.create(directory.resolve(name), (long) PAGES * PAGE);
    }

    private static byte[] of(SharedMemoryFile ram, byte[]... blocks) throws IOException {
        PageChecksums checksums = new PageChecksums();
        checksums.add(ram);
        for (int i = 0; i < blocks.length; i++) {
            checksums.add(i, MemorySegment.ofArray(blocks[i]));
        }
        return checksums.bytes();
    }

    private static void write(SharedMemoryFile ram, int page, int offset) {
        ram.segment().set(ValueLayout.JAVA_BYTE, (long) page * PAGE + offset, (byte) 1);
    }

    @Test
    void aHoleAndAPageOfZerosAreEqual() throws IOException {
        try (SharedMemoryFile one = ram("one");
                SharedMemoryFile other = ram("other")) {
            for (int page : new int[] {0, 7, PAGES - 1}) {
                other.segment().set(ValueLayout.JAVA_BYTE, (long) page * PAGE, (byte) 0);
            }
            assertThat(other.nextData(0)).isZero();
            assertThat(PageChecksums.differing(of(one), of(other))).isZero();
        }
    }

    @Test
    void checksumsFillNoHole() throws IOException {
        try (SharedMemoryFile ram = ram("ram")) {
            write(ram, 5, 0);
            of(ram);
            assertThat(ram.nextData(0)).isEqualTo(5L * PAGE);
            assertThat(ram.nextHole(5L * PAGE)).isEqualTo(6L * PAGE);
            assertThat(ram.nextData(6L * PAGE)).isEqualTo(ram.size());
        }
    }

    @Test
    void everySinglePageThatDiffersIsCounted() throws IOException {
        Random random = new Random(6);
        try (SharedMemoryFile one = ram("one");
                SharedMemoryFile other = ram("other")) {
            for (int page = 0; page < PAGES; page++) {
                write(other, page, random.nextInt(PAGE));
                assertThat(PageChecksums.differing(of(one), of(other))).isEqualTo(page + 1);
            }
        }
    }

    @Test
    void smallBlocksAreCompared() throws IOException {
        try (SharedMemoryFile ram = ram("ram")) {
            byte[] block = new byte[3 * PAGE];
            byte[] written = block.clone();
            written[2 * PAGE] = 1;
            assertThat(PageChecksums.differing(of(ram, block), of(ram, block))).isZero();
            assertThat(PageChecksums.differing(of(ram, block), of(ram, written)))
                    .isEqualTo(1);
        }
    }

    @Test
    void guestsOfDifferentShapesDifferAltogether() throws IOException {
        try (SharedMemoryFile ram = ram("ram");
                SharedMemoryFile larger = SharedMemoryFile.create(directory.resolve("larger"), 65L * PAGE)) {
            byte[] small = of(ram);
            assertThat(PageChecksums.differing(small, of(larger))).isEqualTo(PageChecksums.pages(small));
            assertThat(PageChecksums.differing(small, of(ram, new byte[PAGE]))).isEqualTo(PageChecksums.pages(small));
            assertThat(PageChecksums.differing(of(ram, new byte[2 * PAGE]), of(ram, new byte[PAGE])))
                    .isPositive();
        }
    }
}
