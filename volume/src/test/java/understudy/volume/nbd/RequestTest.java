package understudy.volume.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestTest {
    private static final long SIZE = 100 << 20;
    private static final MemoryVolume VOLUME = new MemoryVolume(SIZE);

    private final Request request = new Request();

    private Verdict verdict(int flags, int command, long offset, int length, boolean readOnly, boolean structured) {
        byte[] bytes = NbdClient.requestBytes(flags, command, 9, offset, length, new byte[0]);
        request.parse(MemorySegment.ofArray(bytes), 0, bytes.length);
        return request.verdict(new Terms(new Export("", VOLUME, readOnly), structured, structured), SIZE);
    }

    @Test
    void aHeaderIsTakenApart() {
        byte[] bytes = NbdClient.requestBytes(3, Nbd.CMD_WRITE_ZEROES, -5, 1L << 40, -1, new byte[7]);
        assertThat(request.parse(MemorySegment.ofArray(bytes), 0, bytes.length)).isEqualTo(28);
        assertThat(request.command()).isEqualTo(Nbd.CMD_WRITE_ZEROES);
        assertThat(request.has(Nbd.CMD_FLAG_FUA)).isTrue();
        assertThat(request.has(Nbd.CMD_FLAG_NO_HOLE)).isTrue();
        assertThat(request.has(Nbd.CMD_FLAG_FAST_ZERO)).isFalse();
        assertThat(request.cookie()).isEqualTo(-5);
        assertThat(request.offset()).isEqualTo(1L << 40);
        assertThat(request.length()).isEqualTo(0xffffffffL);
        assertThat(request.size()).isEqualTo(28);
    }

    @Test
    void aRequestIsAsLongAsItSays() {
        byte[] write = NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, 100, new byte[100]);
        MemorySegment in = MemorySegment.ofArray(write);
        for (int have = 0; have < 28; have++) {
            assertThat(request.parse(in, 0, have)).isEqualTo(28);
        }
        assertThat(request.parse(in, 0, 28)).isEqualTo(128);
        assertThat(request.parse(in, 0, 128)).isEqualTo(128);
        byte[] read = NbdClient.requestBytes(0, Nbd.CMD_READ, 1, 0, 100, new byte[0]);
        assertThat(request.parse(MemorySegment.ofArray(read), 0, 28)).isEqualTo(28);
    }

    @Test
    void aStreamThatCannotBeFollowedIsAViolation() {
        assertThat(request.parse(MemorySegment.ofArray(new byte[28]), 0, 28)).isEqualTo(Request.VIOLATION);
        assertThat(request.violation()).isEqualTo("a request with the magic 0x00000000");
        byte[] write = NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, (32 << 20) + 1, new byte[0]);
        assertThat(request.parse(MemorySegment.ofArray(write), 0, 28)).isEqualTo(Request.VIOLATION);
        assertThat(request.violation()).isEqualTo("a write of 33554433 bytes");
        byte[] longest = NbdClient.requestBytes(0, Nbd.CMD_WRITE, 1, 0, 32 << 20, new byte[0]);
        assertThat(request.parse(MemorySegment.ofArray(longest), 0, 28)).isEqualTo(28 + (32 << 20));
    }

    @ParameterizedTest
    @CsvSource({
        // command, flags, offset, length, verdict of a writable export, of a read-only one
        "0, 0, 0, 4096, ACCEPTED, ACCEPTED",
        "0, 1, 0, 4096, ACCEPTED, ACCEPTED",
        "0, 4, 0, 4096, ACCEPTED, ACCEPTED",
        "0, 2, 0, 4096, WRONG_FLAGS, WRONG_FLAGS",
        "0, 0, 104857600, 0, ACCEPTED, ACCEPTED",
        "0, 0, 104857600, 1, BEYOND_END, BEYOND_END",
        "0, 0, -1, 1, BEYOND_END, BEYOND_END",
        "0, 0, 104857601, 0, BEYOND_END, BEYOND_END",
        "0, 0, 0, 33554432, ACCEPTED, ACCEPTED",
        "0, 0, 0, 33554433, TOO_LONG, TOO_LONG",
        "0, 4, 0, 33554433, TOO_LONG_FOR_ONE, TOO_LONG_FOR_ONE",
        "1, 0, 0, 4096, ACCEPTED, READ_ONLY",
        "1, 1, 0, 4096, ACCEPTED, READ_ONLY",
        "1, 4, 0, 4096, WRONG_FLAGS, WRONG_FLAGS",
        "1, 0, 104857599, 2, NO_ROOM, READ_ONLY",
        "2, 0, 0, 0, ACCEPTED, ACCEPTED",
        "3, 0, 0, 0, ACCEPTED, ACCEPTED",
        "3, 1, 0, 0, ACCEPTED, ACCEPTED",
        "3, 0, 1, 0, NOT_ZERO, NOT_ZERO",
        "3, 0, 0, 1, NOT_ZERO, NOT_ZERO",
        "4, 1, 0, 104857600, ACCEPTED, READ_ONLY",
        "4, 0, 1, 104857600, BEYOND_END, READ_ONLY",
        "4, 2, 0, 1, WRONG_FLAGS, WRONG_FLAGS",
        "5, 0, 0, 4096, ACCEPTED, ACCEPTED",
        "5, 0, 104857600, 1, BEYOND_END, BEYOND_END",
        "5, 8, 0, 4096, WRONG_FLAGS, WRONG_FLAGS",
        "6, 0, 0, 104857600, ACCEPTED, READ_ONLY",
        "6, 3, 0, 4096, ACCEPTED, READ_ONLY",
        "6, 16, 0, 4096, ACCEPTED, READ_ONLY",
        "6, 18, 0, 4096, NOT_FAST, READ_ONLY",
        "6, 0, 104857599, 2, NO_ROOM, READ_ONLY",
        "6, 32, 0, 1, WRONG_FLAGS, WRONG_FLAGS",
        "7, 0, 0, 104857600, ACCEPTED, ACCEPTED",
        "7, 8, 0, 1, ACCEPTED, ACCEPTED",
        "7, 0, 0, 0, EMPTY, EMPTY",
        "7, 0, 104857600, 1, BEYOND_END, BEYOND_END",
        "7, 32, 0, 1, WRONG_FLAGS, WRONG_FLAGS",
        "8, 0, 0, 1, UNKNOWN_COMMAND, UNKNOWN_COMMAND",
        "65535, 65535, 0, 1, UNKNOWN_COMMAND, UNKNOWN_COMMAND",
    })
    void everyCommandHasItsBounds(int command, int flags, long offset, int length, Verdict writable, Verdict readOnly) {
        assertThat(verdict(flags, command, offset, length, false, true)).isEqualTo(writable);
        assertThat(verdict(flags, command, offset, length, true, true)).isEqualTo(readOnly);
    }

    @Test
    void whatStructuredRepliesBringIsRefusedWithoutThem() {
        assertThat(verdict(Nbd.CMD_FLAG_DF, Nbd.CMD_READ, 0, 1, false, false)).isEqualTo(Verdict.WRONG_FLAGS);
        assertThat(verdict(0, Nbd.CMD_BLOCK_STATUS, 0, 1, false, false)).isEqualTo(Verdict.NO_CONTEXT);
    }
}
