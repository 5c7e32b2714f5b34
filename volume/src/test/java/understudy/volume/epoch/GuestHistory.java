package understudy.volume.epoch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// All that a guest ever wrote, in cells of eight bytes whose values tell which write it was; and what it may find
/// after a crash.
///
/// A *group* is what was written between two flushes: if anything of a group is there, so is all of those before it.
final class GuestHistory {
    static final int CELL_BYTES = 8;

    private final int cells;
    private final List<List<Step>> steps;
    private long number;
    private int group;
    private boolean isFlushed = true;

    private record Step(long value, long number, int group) {}

    GuestHistory(int disks, int cells) {
        this.cells = cells;
        steps = IntStream.range(0, disks * cells)
                .<List<Step>>mapToObj(_ -> new ArrayList<>(List.of(new Step(0, 0, -1))))
                .toList();
    }

    /// @return what its cells hold: 0 for zeros
    long write(int disk, int from, int to, boolean zeros) {
        number++;
        long value = zeros ? 0 : number;
        for (int cell = from; cell < to; cell++) {
            steps.get(disk * cells + cell).add(new Step(value, number, group));
        }
        isFlushed = false;
        return value;
    }

    /// A flush was answered.
    void flush() {
        group += isFlushed ? 0 : 1;
        isFlushed = true;
    }

    /// How many writes there were.
    long number() {
        return number;
    }

    /// How many groups are flushed.
    int flushed() {
        return group;
    }

    /// The disks hold exactly the first so many writes.
    void checkWhole(String what, List<byte[]> images, long limit) {
        for (int at = 0; at < steps.size(); at++) {
            long expected = steps.get(at).get(last(at, limit)).value;
            assertThat(value(images, at)).as("%s: %s", what, place(at)).isEqualTo(expected);
        }
    }

    /// The disks hold nothing but the first so many writes, all of the first so many groups, and anything of a later
    /// group only with all of those before it.
    void checkPrefix(String what, List<byte[]> images, long limit, int whole) {
        StringBuilder why = new StringBuilder();
        for (int reached = whole; reached <= group; reached++) {
            String first = firstOutside(images, limit, reached);
            if (first.isEmpty()) {
                return;
            }
            why.append("\n  if group ").append(reached).append(" is the last: ").append(first);
        }
        throw new AssertionError("%s, %d writes, %d groups flushed:%s".formatted(what, limit, whole, why));
    }

    private String firstOutside(List<byte[]> images, long limit, int reached) {
        for (int at = 0; at < steps.size(); at++) {
            List<Step> all = steps.get(at);
            int from = 0;
            for (int i = 0; i <= last(at, limit); i++) {
                from = all.get(i).group < reached ? i : from;
            }
            boolean isThere = false;
            for (int i = from; i <= last(at, limit); i++) {
                isThere |= all.get(i).group <= reached && all.get(i).value == value(images, at);
            }
            if (!isThere) {
                return "%s holds %d, of %s".formatted(place(at), value(images, at), all.subList(from, all.size()));
            }
        }
        return "";
    }

    private int last(int at, long limit) {
        int last = 0;
        for (int i = 0; i < steps.get(at).size(); i++) {
            last = steps.get(at).get(i).number <= limit ? i : last;
        }
        return last;
    }

    private String place(int at) {
        return "disk %d, cell %d".formatted(at / cells, at % cells);
    }

    private long value(List<byte[]> images, int at) {
        return ByteBuffer.wrap(images.get(at / cells)).getLong(at % cells * CELL_BYTES);
    }
}
