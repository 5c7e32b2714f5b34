package understudy.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockFileTest {
    private static final long MIB = 1 << 20;

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void free() {
        arena.close();
    }

    private MemorySegment filled(long size, int value) {
        return arena.allocate(size).fill((byte) value);
    }

    private Path path() {
        return folder.resolve("file");
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        try (BlockFile file = BlockFile.create(path(), 5 * MIB)) {
            assertThat(file.size()).isEqualTo(5 * MIB);
            assertThat(file.isDevice()).isFalse();
            file.write(MIB + 3, filled(100, 7));
            file.syncData();
            MemorySegment target = arena.allocate(102);
            file.read(MIB + 2, target);
            assertThat(target.get(ValueLayout.JAVA_BYTE, 0)).isZero();
            assertThat(target.asSlice(1, 100).mismatch(filled(100, 7))).isEqualTo(-1);
            assertThat(target.get(ValueLayout.JAVA_BYTE, 101)).isZero();
        }
        try (BlockFile file = BlockFile.open(path())) {
            MemorySegment target = arena.allocate(100);
            file.read(MIB + 3, target);
            assertThat(target.mismatch(filled(100, 7))).isEqualTo(-1);
        }
        BlockFile.syncFolder(folder);
    }

    @Test
    void nothingIsReadPastTheEnd() throws IOException {
        try (BlockFile file = BlockFile.create(path(), MIB)) {
            assertThatThrownBy(() -> file.read(MIB - 10, filled(11, 0)))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("past its end");
            file.resize(MIB + 1);
            file.read(MIB - 10, filled(11, 0));
        }
    }

    @Test
    void holesAreMadeAndFound() throws IOException {
        try (BlockFile file = BlockFile.create(path(), 4 * MIB)) {
            assertThat(file.nextData(0)).isEqualTo(4 * MIB);
            assertThat(file.nextHole(0)).isZero();
            file.write(MIB, filled(MIB, 1));
            file.syncData();
            assertThat(file.nextData(0)).isEqualTo(MIB);
            assertThat(file.nextHole(MIB)).isEqualTo(2 * MIB);
            assertThat(file.punch(MIB + 1, MIB / 2)).isTrue();
            assertThat(file.size()).isEqualTo(4 * MIB);
            MemorySegment target = arena.allocate(MIB);
            file.read(MIB, target);
            assertThat(target.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
            assertThat(target.asSlice(1, MIB / 2).mismatch(filled(MIB / 2, 0))).isEqualTo(-1);
            assertThat(target.asSlice(1 + MIB / 2).mismatch(filled(MIB / 2 - 1, 1)))
                    .isEqualTo(-1);
            assertThat(file.nextHole(MIB)).isLessThan(MIB + MIB / 2);
            if (file.zeroRange(MIB, MIB)) {
                file.read(MIB, target);
                assertThat(target.mismatch(filled(MIB, 0))).isEqualTo(-1);
            }
        }
    }

    @Test
    void aFileIsLockedForOne() throws IOException {
        try (BlockFile one = BlockFile.create(path(), MIB)) {
            assertThat(one.tryLock()).isTrue();
            try (BlockFile other = BlockFile.open(path())) {
                assertThat(other.tryLock()).isFalse();
            }
        }
        try (BlockFile again = BlockFile.open(path())) {
            assertThat(again.tryLock()).isTrue();
        }
    }

    @Test
    void whatCannotBeOpenedSaysWhy() throws IOException {
        assertThatThrownBy(() -> BlockFile.open(path()))
                .hasMessage("open of " + path() + ": No such file or directory (ENOENT)");
        Files.createFile(path());
        assertThatThrownBy(() -> BlockFile.create(path(), MIB))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(17));
        assertThatThrownBy(() -> BlockFile.open(Path.of("/dev/null")))
                .hasMessageContaining("BLKGETSIZE64 on /dev/null");
        Path noSize = folder.resolve("no-size");
        assertThatThrownBy(() -> BlockFile.create(noSize, -1)).isInstanceOf(LinuxException.class);
        assertThat(noSize).doesNotExist();
    }

    @Test
    void aFailedWriteTellsTheReason() throws IOException {
        Files.createFile(path());
        try (BlockFile file = BlockFile.open(path())) {
            assertThatThrownBy(() -> file.write(-5, filled(1, 1)))
                    .isInstanceOfSatisfying(
                            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
        }
    }
}
