package understudy.volume.store;

/// A piece of a volume, in bytes.
///
/// @param length positive
public record ByteRange(long offset, long length) {

    public ByteRange {
        if (offset < 0 || length <= 0) {
            throw new IllegalArgumentException("no range: " + length + " bytes at " + offset);
        }
    }

    public long end() {
        return offset + length;
    }
}
