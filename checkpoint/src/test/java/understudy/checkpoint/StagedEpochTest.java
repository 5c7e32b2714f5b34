package understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StagedEpochTest {
    private static final int PAGE = 4096;
    private static final long RAM = 16L << 20;
    private static final UUID STREAM = UUID.randomUUID();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram = arena.allocate(RAM);
    private final StagedEpoch staged = new StagedEpoch();

    @AfterEach
    void free() {
        staged.close();
        arena.close();
    }

    @Test
    void itGrowsAndKeepsWhatItHas() throws IOException {
        for (long at = 0; at < RAM; at += PAGE) {
            ram.asSlice(at, PAGE).fill((byte) (at / PAGE * 7));
            staged.addPages(ram, at, at + PAGE);
            staged.addSidePage(1, (int) (at / PAGE)).fill((byte) (at / PAGE * 3));
        }
        for (int i = 0; i < 50; i++) {
            staged.deviceRoom(10_000).fill((byte) i);
        }
        assertThat(staged.pageCount()).isEqualTo(4096);
        assertThat(staged.sidePageCount()).isEqualTo(4096);
        assertThat(staged.deviceBytes()).isEqualTo(500_000);
        assertThat(staged.bytes()).isEqualTo(4096 * 8 + RAM + 4096 * 8 + RAM + 500_000);
        for (int i = 0; i < 50; i++) {
            assertThat(staged.devices()[i * 10_000]).isEqualTo((byte) i);
        }
        Recording wire = new Recording();
        staged.send(new Channel(wire), Message.Kind.EPOCH, false, 1, 1, STREAM, Optional.empty());
        MemorySegment sent = MemorySegment.ofArray(wire.written.toByteArray());
        assertThat(sent.asSlice(Message.HEADER_BYTES + 4096L * 8, RAM).mismatch(ram))
                .isEqualTo(-1);
    }

    @Test
    void whatIsClearedIsEmpty() throws IOException {
        staged.addPages(ram, 0, RAM);
        staged.deviceRoom(100);
        staged.clear();
        assertThat(staged.bytes()).isZero();
        staged.addPages(ram, 0, PAGE);
        assertThat(staged.pageCount()).isEqualTo(1);
        assertThat(staged.bytes()).isEqualTo(8 + PAGE);
    }

    @Test
    void moreThanTheLimitIsRefusedAndWhatWasThereStays() throws IOException {
        staged.deviceRoom(100).fill((byte) 5);
        assertThatThrownBy(() -> staged.deviceRoom(StagedEpoch.BYTES_MAX))
                .isInstanceOf(Room.TooLarge.class)
                .hasMessage("the guest wrote more than 1024 MiB between two captures");
        assertThat(staged.devices()).hasSize(100).containsOnly(5);
    }
}
