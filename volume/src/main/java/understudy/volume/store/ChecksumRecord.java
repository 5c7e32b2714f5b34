package understudy.volume.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaFormat.RecordField;

/// The checksums of an extent, on disk. One that was never written is right for an extent of zeros.
final class ChecksumRecord {

    private ChecksumRecord() {}

    /// Writes all of `into`.
    static void encode(ByteBuffer into, int extent, int[] sums) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ReplicaFormat.RECORD_HEADER_BYTES; at += Long.BYTES) {
            into.putLong(at, 0);
        }
        into.putInt(RecordField.MAGIC.offset, ReplicaFormat.RECORD_MAGIC);
        into.putInt(RecordField.EXTENT.offset, extent);
        into.slice(RecordField.SUMS.offset, RecordField.SUMS.bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .put(sums, 0, Geometry.EXTENT_BLOCKS);
        into.putInt(RecordField.CHECKSUM.offset, Scratch.structure(into, RecordField.CHECKSUM.offset));
    }

    /// Reads all of `from`.
    ///
    /// @return whether it is sound; if not, `sums` is as it was
    static boolean decode(ByteBuffer from, int extent, int[] sums) {
        from.order(ByteOrder.LITTLE_ENDIAN);
        if (from.getInt(RecordField.MAGIC.offset) == 0 && isZero(from)) {
            return true;
        }
        if (from.getInt(RecordField.MAGIC.offset) != ReplicaFormat.RECORD_MAGIC
                || from.getInt(RecordField.EXTENT.offset) != extent
                || from.getInt(RecordField.CHECKSUM.offset) != Scratch.structure(from, RecordField.CHECKSUM.offset)) {
            return false;
        }
        from.slice(RecordField.SUMS.offset, RecordField.SUMS.bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(sums, 0, Geometry.EXTENT_BLOCKS);
        return true;
    }

    private static boolean isZero(ByteBuffer bytes) {
        for (int at = 0; at < ReplicaFormat.RECORD_BYTES; at += Long.BYTES) {
            if (bytes.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }
}
