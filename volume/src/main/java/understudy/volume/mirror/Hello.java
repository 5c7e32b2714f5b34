package understudy.volume.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import understudy.volume.store.Standing;

/// How the two sides of a link greet each other, once, before any [Frame]. Little-endian, of fixed sizes.
final class Hello {
    static final int VERSION = 2;
    static final int GREETING_BYTES = 96;
    static final int REPLY_BYTES = 384;

    private static final long MAGIC = 0x31524f5252494d55L;
    private static final int REASON_BYTES_MAX = 240;

    private Hello() {}

    /// What the serving side says.
    ///
    /// @param replica     the replica that the serving side has of its own
    /// @param view        the newest view that it knows; the replica's side refuses an older one than it knows
    /// @param association this connection; accepting it ends earlier ones (design, section 3.1, rule 8)
    record Greeting(UUID volume, long sizeBytes, UUID replica, long view, UUID association) {

        ByteBuffer encode() {
            ByteBuffer bytes =
                    buffer(GREETING_BYTES).putLong(MAGIC).putInt(VERSION).putInt(0);
            put(bytes, volume);
            bytes.putLong(sizeBytes);
            put(bytes, replica);
            bytes.putLong(view);
            put(bytes, association);
            return bytes.clear();
        }

        /// @throws BrokenLinkException if it is none, or of a version that this side does not speak
        static Greeting decode(ByteBuffer bytes) throws BrokenLinkException {
            bytes.order(ByteOrder.LITTLE_ENDIAN);
            checkStart(bytes);
            bytes.getInt();
            return new Greeting(uuid(bytes), bytes.getLong(), uuid(bytes), bytes.getLong(), uuid(bytes));
        }
    }

    /// What the replica's side says.
    ///
    /// @param refusal why it takes no part, if so; the rest means nothing then
    /// @param boot    this start of its host
    /// @param whole   whether its disk has reported no error since it was opened
    record Reply(Optional<String> refusal, UUID replica, long sizeBytes, UUID boot, boolean whole, Standing standing) {
        private static final UUID NONE = new UUID(0, 0);

        static Reply refusing(String why) {
            return new Reply(Optional.of(why), NONE, 0, NONE, false, Standing.FRESH);
        }

        ByteBuffer encode() {
            ByteBuffer bytes = buffer(REPLY_BYTES).putLong(MAGIC).putInt(VERSION);
            bytes.put((byte) (refusal.isPresent() ? 1 : 0)).put((byte) (whole ? 1 : 0));
            bytes.put((byte) (standing.inSync() ? 1 : 0)).put((byte) (standing.full() ? 1 : 0));
            put(bytes, replica);
            bytes.putLong(sizeBytes);
            put(bytes, boot);
            bytes.putLong(standing.view());
            put(bytes, standing.tracking().map(Standing.Tracking::peer).orElse(NONE));
            bytes.putLong(standing.tracking().map(Standing.Tracking::view).orElse(0L));
            byte[] reason = refusal.orElse("").getBytes(StandardCharsets.UTF_8);
            bytes.put(reason, 0, Math.min(reason.length, REASON_BYTES_MAX));
            return bytes.clear();
        }

        static Reply decode(ByteBuffer bytes) throws BrokenLinkException {
            bytes.order(ByteOrder.LITTLE_ENDIAN);
            checkStart(bytes);
            boolean refused = bytes.get() != 0;
            boolean whole = bytes.get() != 0;
            boolean inSync = bytes.get() != 0;
            boolean full = bytes.get() != 0;
            UUID replica = uuid(bytes);
            long size = bytes.getLong();
            UUID boot = uuid(bytes);
            long view = bytes.getLong();
            UUID tracked = uuid(bytes);
            long since = bytes.getLong();
            if (view < 0 || (inSync && full)) {
                throw new BrokenLinkException("the other side greets with a standing that cannot be");
            }
            Optional<Standing.Tracking> tracking =
                    tracked.equals(NONE) ? Optional.empty() : Optional.of(new Standing.Tracking(tracked, since));
            Standing standing = new Standing(view, inSync, full, tracking);
            byte[] reason = new byte[REASON_BYTES_MAX];
            bytes.get(reason);
            int end = 0;
            while (end < reason.length && reason[end] != 0) {
                end++;
            }
            Optional<String> refusal = refused
                    ? Optional.of(new String(Arrays.copyOf(reason, end), StandardCharsets.UTF_8))
                    : Optional.empty();
            return new Reply(refusal, replica, size, boot, whole, standing);
        }
    }

    /// Reads exactly `length` bytes.
    static ByteBuffer read(MirrorWire wire, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        while (bytes.hasRemaining()) {
            if (wire.read(bytes) < 0) {
                throw new BrokenLinkException("the other side closed the connection before it had greeted");
            }
        }
        return bytes.flip();
    }

    static void write(MirrorWire wire, ByteBuffer bytes) throws IOException {
        wire.write(new ByteBuffer[] {bytes}, 1);
    }

    private static void checkStart(ByteBuffer bytes) throws BrokenLinkException {
        if (bytes.getLong() != MAGIC) {
            throw new BrokenLinkException("the other side is no replica of a volume");
        }
        int version = bytes.getInt();
        if (version != VERSION) {
            throw new BrokenLinkException(
                    "the other side speaks version %d of the mirror's protocol, this one version %d"
                            .formatted(version, VERSION));
        }
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void put(ByteBuffer bytes, UUID uuid) {
        bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    }

    private static UUID uuid(ByteBuffer bytes) {
        return new UUID(bytes.getLong(), bytes.getLong());
    }
}
