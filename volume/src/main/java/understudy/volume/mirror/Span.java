package understudy.volume.mirror;

import java.lang.foreign.MemorySegment;

/// Bytes of a volume, and where they are in memory.
record Span(long offset, MemorySegment data) {}
