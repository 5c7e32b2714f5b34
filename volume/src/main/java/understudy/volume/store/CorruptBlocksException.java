package understudy.volume.store;

import java.io.IOException;
import java.util.List;

/// Blocks do not hold what was last written to them. The disk did not say so; their checksums do.
public final class CorruptBlocksException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient List<ByteRange> ranges;

    /// @param ranges whole blocks, in order, apart from each other; the last may end with the volume
    public CorruptBlocksException(List<ByteRange> ranges) {
        super("corrupt blocks: " + ranges);
        this.ranges = List.copyOf(ranges);
    }

    /// Whole blocks, in order, apart from each other; the last may end with the volume.
    public List<ByteRange> ranges() {
        return ranges;
    }
}
