package understudy.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import understudy.linux.PageRuns;

/// The body of one round or epoch as it arrived, outside the heap. It keeps the room that it grew to.
///
/// Threads: one at a time.
final class ReceivedEpoch implements AutoCloseable {
    private static final int PAGE = PageRuns.PAGE_BYTES;
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final CRC32C checksum = new CRC32C();
    private final EpochUnpacker unpacker = new EpochUnpacker();
    private Arena arena = Arena.ofShared();
    private MemorySegment room = arena.allocate(4 << 20, 64);
    private Message message;
    private boolean sound;

    ReceivedEpoch(Message none) {
        message = none;
    }

    /// Takes the pages of RAM in order.
    interface Pages {
        /// @param ramOffset where in RAM the bytes belong; within RAM, page-aligned
        void accept(MemorySegment from, long fromOffset, long ramOffset, long bytes);
    }

    /// Takes pages of small blocks in order.
    interface SidePages {
        void accept(int block, long blockOffset, MemorySegment page) throws IOException;
    }

    /// Reads the whole body, and checks it.
    ///
    /// @param ram the guest's, as of all that was applied before
    /// @throws IOException if it is larger than any epoch of such a guest can be, or the stream broke
    void read(Channel channel, Message header, MemorySegment ram) throws IOException {
        long most = Math.min(ram.byteSize() + Channel.PLAIN_BODY_MAX + GuestDisks.EPOCH_BYTES_MAX, Integer.MAX_VALUE);
        if (header.bodyBytes() > most
                || header.packedBytes() > header.bodyBytes()
                || header.diskBytes() > GuestDisks.EPOCH_BYTES_MAX) {
            throw new IOException("an epoch of " + header.bodyBytes() + " bytes for a guest of " + ram.byteSize());
        }
        message = header;
        sound = false;
        grow(header.bodyBytes());
        MemorySegment body = room.asSlice(0, header.bodyBytes());
        boolean isPacked = header.packedBytes() > 0;
        if (isPacked) {
            boolean fits = unpacker.read(channel, header, body);
            if (!fits || !isWellFormed(ram.byteSize())) {
                return;
            }
            complete(ram);
        } else {
            channel.readFully(body.asByteBuffer());
        }
        checksum.reset();
        checksum.update(body.asByteBuffer());
        sound = (int) checksum.getValue() == header.bodyChecksum() && isWellFormed(ram.byteSize());
        if (sound && header.kind() == Message.Kind.EPOCH) {
            unpacker.keepDevices(body.asSlice(devicesAt(), header.deviceBytes()));
        }
    }

    /// Adds what is the same as before to what differs.
    private void complete(MemorySegment ram) {
        long at = pagesAt();
        int number = 0;
        for (int i = 0; i < message.runs(); i++) {
            long page = Integer.toUnsignedLong(room.get(INT, 8L * i));
            long count = Integer.toUnsignedLong(room.get(INT, 8L * i + 4));
            for (long end = page + count; page < end; page++, number++, at += PAGE) {
                if (unpacker.isDifference(number)) {
                    Xor.of(room, at, ram, page * PAGE, room, at, PAGE);
                }
            }
        }
        unpacker.completeDevices(room.asSlice(devicesAt(), message.deviceBytes()));
    }

    /// Whether all of it arrived as it was sent, and its tables fit RAM and each other.
    boolean isSound() {
        return sound;
    }

    Message message() {
        return message;
    }

    void applyPages(Pages into) {
        long at = pagesAt();
        for (int i = 0; i < message.runs(); i++) {
            long offset = Integer.toUnsignedLong(room.get(INT, 8L * i)) * PAGE;
            long bytes = Integer.toUnsignedLong(room.get(INT, 8L * i + 4)) * PAGE;
            into.accept(room, at, offset, bytes);
            at += bytes;
        }
    }

    void applySidePages(SidePages into) throws IOException {
        long table = pagesAt() + (long) message.pages() * PAGE;
        long at = table + 8L * message.sidePages();
        for (int i = 0; i < message.sidePages(); i++) {
            int block = room.get(INT, table + 8L * i);
            long offset = Integer.toUnsignedLong(room.get(INT, table + 8L * i + 4)) * PAGE;
            into.accept(block, offset, room.asSlice(at + (long) i * PAGE, PAGE));
        }
    }

    /// The device state; a copy.
    byte[] devices() {
        return room.asSlice(devicesAt(), message.deviceBytes()).toArray(JAVA_BYTE);
    }

    /// What the guest wrote to its disks; valid until the next [#read].
    MemorySegment disks() {
        return room.asSlice(disksAt(), message.diskBytes());
    }

    private long devicesAt() {
        return disksAt() - message.deviceBytes();
    }

    private long disksAt() {
        return (long) message.bodyBytes() - message.diskBytes();
    }

    private long pagesAt() {
        return 8L * message.runs();
    }

    private boolean isWellFormed(long ramBytes) {
        long expected = 8L * message.runs()
                + (long) message.pages() * PAGE
                + (8L + PAGE) * message.sidePages()
                + message.deviceBytes()
                + message.diskBytes();
        if (expected != message.bodyBytes()) {
            return false;
        }
        long pages = 0;
        for (int i = 0; i < message.runs(); i++) {
            long first = Integer.toUnsignedLong(room.get(INT, 8L * i));
            long count = Integer.toUnsignedLong(room.get(INT, 8L * i + 4));
            if ((first + count) * PAGE > ramBytes) {
                return false;
            }
            pages += count;
        }
        return pages == message.pages();
    }

    private void grow(long bytes) {
        if (bytes > room.byteSize()) {
            arena.close();
            arena = Arena.ofShared();
            room = arena.allocate(Math.max(bytes, 1), 64);
        }
    }

    @Override
    public void close() {
        unpacker.close();
        arena.close();
    }
}
