package understudy.volume.nbd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Native memory that grows to what is needed and shrinks again. One thread uses it at a time.
///
/// It remembers the slices that it gave: requests of one size come to lie at the same places over and over, so
/// that a busy connection makes no garbage.
final class Buffer {

    /// What it begins with and shrinks to: enough for some hundred requests of one block.
    static final int BYTES = 512 << 10;

    private static final int SLICES = 1024;
    private static final int STEP = 1 << 20;

    private Arena arena = Arena.ofShared();
    private MemorySegment memory = arena.allocate(BYTES);
    private final long[] keys = new long[SLICES];
    private final @Nullable MemorySegment[] slices = new MemorySegment[SLICES];

    MemorySegment memory() {
        return memory;
    }

    int capacity() {
        return (int) memory.byteSize();
    }

    boolean isGrown() {
        return capacity() > BYTES;
    }

    /// A part of this memory; it must not be used after the next [#move] or [#free].
    MemorySegment slice(int offset, int length) {
        long key = (long) offset << 32 | length;
        int place = (int) ((key * 0x9E3779B97F4A7C15L) >>> 54);
        MemorySegment known = slices[place];
        if (keys[place] == key && known != null) {
            return known;
        }
        MemorySegment made = memory.asSlice(offset, length);
        keys[place] = key;
        slices[place] = made;
        return made;
    }

    /// Moves [from, to) to the beginning, into memory that has room for `bytes` in all: the same if that
    /// suffices.
    void move(int from, int to, int bytes) {
        if (bytes <= capacity()) {
            MemorySegment.copy(memory, from, memory, 0, to - from);
        } else {
            replace(from, to, sized(bytes));
        }
    }

    /// Goes back to the size it began with; what it held is lost.
    void shrink() {
        if (isGrown()) {
            replace(0, 0, BYTES);
        }
    }

    private void replace(int from, int to, int bytes) {
        Arena next = Arena.ofShared();
        MemorySegment larger = next.allocate(bytes);
        MemorySegment.copy(memory, from, larger, 0, to - from);
        arena.close();
        arena = next;
        memory = larger;
        Arrays.fill(slices, null);
    }

    /// Doubling up to some MiB, then as much as is needed.
    private static int sized(int bytes) {
        int doubled = Integer.highestOneBit(Math.max(1, bytes - 1)) << 1;
        return doubled <= 8 * STEP ? doubled : (bytes + STEP - 1) / STEP * STEP;
    }

    void free() {
        arena.close();
    }
}
