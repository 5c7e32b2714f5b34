package understudy.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/// The header in front of everything that goes over a checkpoint stream; `docs/reference/checkpoint-stream.md`
/// has its bytes.
///
/// @param kind        what it is
/// @param last        with [Kind#EPOCH]: the guest stands still since, and no other epoch follows
/// @param view        the newest view that the sender knows
/// @param epoch       its number; 0 where there is none
/// @param stream      names this stream
/// @param runs        runs of RAM pages in the body, 0 or more
/// @param pages       RAM pages in the body, 0 or more
/// @param sidePages   pages of small blocks in the body, 0 or more
/// @param deviceBytes length of the device state in the body
/// @param diskBytes   length of what the guest wrote to its disks, in the body
/// @param packedBytes with [Kind#ROUND] and [Kind#EPOCH]: the bytes in which the body is packed on the wire
///                    ([EpochPacker]); 0 for a body that is sent as it is
/// @param bodyBytes   length of the whole body, not packed, in [0, 2^31)
/// @param bodyChecksum CRC-32C of the body, not packed
public record Message(
        Kind kind,
        boolean last,
        long view,
        long epoch,
        UUID stream,
        int runs,
        int pages,
        int sidePages,
        int deviceBytes,
        int diskBytes,
        int packedBytes,
        int bodyBytes,
        int bodyChecksum) {

    public static final int HEADER_BYTES = 80;
    private static final int MAGIC = 0x55535432; // "UST2"
    private static final int CHECKED_BYTES = 76;

    public enum Kind {
        /// To the standby: asks it to take a stream; the body is a [StreamOffer].
        OFFER(1),
        /// To the active: the offer is taken.
        ACCEPT(2),
        /// To either: the stream ends; the body says why, in UTF-8.
        END(3),
        /// To the standby: the head of the guest's migration stream.
        HEAD(4),
        /// To the standby: pages of the first copy. They make no epoch, and are not confirmed.
        ROUND(5),
        /// To the standby: a whole epoch.
        EPOCH(6),
        /// To the active: all of the epoch, and of all before it, is held by the standby. The body says until when
        /// the standby will not go on in its place, by the active's clock (8 bytes, nanoseconds).
        CONFIRM(7),
        /// To the standby: a checksum of every page as of the epoch, for comparison.
        VERIFY(8),
        /// To the active: the outcome of a comparison: how many pages were compared (8 bytes), how many
        /// differed (8 bytes).
        VERIFIED(9),
        /// To the standby: what the guest wrote to its disks is on them up to a segment (8 bytes).
        APPLIED(10),
        /// To the active: the standby knows so; the body is the same.
        TOLD(11);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        private static Kind of(byte code) throws IOException {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new IOException("a message of the unknown kind " + code + " on a checkpoint stream");
        }
    }

    /// A message without a body.
    public static Message bare(Kind kind, long view, long epoch, UUID stream) {
        return new Message(kind, false, view, epoch, stream, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// A message with a body of plain bytes.
    public static Message plain(Kind kind, long view, long epoch, UUID stream, byte[] body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body);
        return new Message(kind, false, view, epoch, stream, 0, 0, 0, 0, 0, 0, body.length, (int) checksum.getValue());
    }

    /// What follows the header on the wire.
    int wireBytes() {
        return packedBytes > 0 ? packedBytes : bodyBytes;
    }

    /// Writes the header at the buffer's position.
    public void encode(ByteBuffer into) {
        int start = into.position();
        into.order(ByteOrder.BIG_ENDIAN);
        into.putInt(MAGIC).put(kind.code).put((byte) (last ? 1 : 0)).putShort((short) 0);
        into.putLong(view).putLong(epoch);
        into.putLong(stream.getMostSignificantBits()).putLong(stream.getLeastSignificantBits());
        into.putInt(runs)
                .putInt(pages)
                .putInt(sidePages)
                .putInt(deviceBytes)
                .putInt(diskBytes)
                .putInt(packedBytes);
        into.putInt(bodyBytes).putInt(bodyChecksum).putInt(0);
        into.putInt(checksum(into, start));
    }

    /// Reads a header of [#HEADER_BYTES] bytes at the buffer's position.
    ///
    /// @throws IOException if it is none, or damaged
    public static Message decode(ByteBuffer from) throws IOException {
        int start = from.position();
        from.order(ByteOrder.BIG_ENDIAN);
        if (from.remaining() < HEADER_BYTES || from.getInt() != MAGIC) {
            throw new IOException("not a checkpoint stream: it does not begin with a header of ours");
        }
        if (from.getInt(start + CHECKED_BYTES) != checksum(from, start)) {
            throw new IOException("a header of the checkpoint stream is damaged");
        }
        Kind kind = Kind.of(from.get());
        boolean last = from.get() != 0;
        from.getShort();
        long view = from.getLong();
        long epoch = from.getLong();
        UUID stream = new UUID(from.getLong(), from.getLong());
        int runs = from.getInt();
        int pages = from.getInt();
        int sidePages = from.getInt();
        int deviceBytes = from.getInt();
        int diskBytes = from.getInt();
        int packedBytes = from.getInt();
        int bodyBytes = from.getInt();
        int bodyChecksum = from.getInt();
        from.getLong();
        if ((runs | pages | sidePages | deviceBytes | diskBytes | packedBytes | bodyBytes) < 0) {
            throw new IOException("a header of the checkpoint stream has values out of range (" + kind + ")");
        }
        return new Message(
                kind,
                last,
                view,
                epoch,
                stream,
                runs,
                pages,
                sidePages,
                deviceBytes,
                diskBytes,
                packedBytes,
                bodyBytes,
                bodyChecksum);
    }

    private static int checksum(ByteBuffer buffer, int start) {
        CRC32C checksum = new CRC32C();
        checksum.update(buffer.slice(start, CHECKED_BYTES));
        return (int) checksum.getValue();
    }
}
