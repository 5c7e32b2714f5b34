package understudy.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/// What differs between two versions of the same bytes; and, of that and one version, the other.
final class Xor {
    private Xor() {}

    /// Writes `a` XOR `b` to `into`, which may be one of them.
    static void of(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment into, long at, long bytes) {
        long whole = bytes & -Long.BYTES;
        for (long i = 0; i < whole; i += Long.BYTES) {
            long differing = a.get(JAVA_LONG_UNALIGNED, aAt + i) ^ b.get(JAVA_LONG_UNALIGNED, bAt + i);
            into.set(JAVA_LONG_UNALIGNED, at + i, differing);
        }
        for (long i = whole; i < bytes; i++) {
            into.set(JAVA_BYTE, at + i, (byte) (a.get(JAVA_BYTE, aAt + i) ^ b.get(JAVA_BYTE, bAt + i)));
        }
    }
}
