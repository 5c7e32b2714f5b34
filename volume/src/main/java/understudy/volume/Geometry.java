package understudy.volume;

/// The units of a volume, and the bounds of its size.
public final class Geometry {

    /// What a checksum and a dirty mark stand for, in bytes.
    public static final int BLOCK_BYTES = 4096;

    /// What an entry of the activity log stands for.
    public static final int EXTENT_BLOCKS = 1024;

    public static final int EXTENT_BYTES = EXTENT_BLOCKS * BLOCK_BYTES;

    /// The longest single request, in bytes.
    public static final int REQUEST_BYTES_MAX = 32 << 20;

    /// How many bytes before the payload of a write belong to whoever carries it out.
    public static final int HEADROOM_BYTES = 28;

    private static final int SECTOR_BYTES = 512;
    private static final long SIZE_MIN = 1L << 20;
    private static final long SIZE_MAX = 64L << 40;

    private Geometry() {}

    /// Whether a volume may have this size: whole sectors, from 1 MiB to 64 TiB.
    public static boolean isSize(long bytes) {
        return bytes >= SIZE_MIN && bytes <= SIZE_MAX && bytes % SECTOR_BYTES == 0;
    }

    /// Extents of a volume; the last one may be cut short by the volume's end.
    public static int extents(long sizeBytes) {
        return Math.toIntExact((sizeBytes + EXTENT_BYTES - 1) / EXTENT_BYTES);
    }

    public static int extentOf(long offset) {
        return Math.toIntExact(offset / EXTENT_BYTES);
    }
}
