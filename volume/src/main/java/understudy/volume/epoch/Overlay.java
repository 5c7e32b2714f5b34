package understudy.volume.epoch;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// What was kept of the range of a read when that was submitted.
///
/// It is laid over what the volume answers, even if all of it has been applied and dropped meanwhile: the volume may
/// have been read before that.
///
/// @param parts in ascending order; the first and the last may reach beyond the range
record Overlay(long offset, long length, List<Extent> parts) {
    Overlay {
        parts = List.copyOf(parts);
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /// Whether there is nothing that the volume must be asked for.
    boolean isWhole() {
        long at = offset;
        for (Extent part : parts) {
            if (part.offset() > at) {
                return false;
            }
            at = part.end();
        }
        return at >= offset + length;
    }

    /// @param target of the range
    void layOver(MemorySegment target) {
        for (Extent part : parts) {
            long begin = Math.max(offset, part.offset());
            part.copyTo(begin, Math.min(offset + length, part.end()), target, begin - offset);
        }
    }
}
