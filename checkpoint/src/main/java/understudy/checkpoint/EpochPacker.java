package understudy.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import understudy.linux.PageRuns;

/// Makes the body of a round or epoch shorter: of a page, and of device state, that the standby has in an earlier
/// version only what differs; and all of it through LZ4, for which bytes that do not differ are next to nothing.
///
/// A packed body: a bit for each page of RAM, in order and from the lowest bit of each byte, that says whether it is
/// given as what differs; then chunks, each with its length (4 bytes, at most [#CHUNK_BYTES]), its length when packed
/// (4 bytes), and an LZ4 block. The chunks are the body; its device state is given as what differs from the epoch
/// before, as far as that reached.
///
/// Invariant: what it remembers of a page is what the standby's image has when the next epoch arrives, since epochs are
/// applied in order or not at all. So all epochs of a stream must pass here, those that are sent as they are, too.
///
/// Threads: one at a time.
final class EpochPacker implements AutoCloseable {
    /// The most that one chunk unpacks to: 1 MiB.
    static final int CHUNK_BYTES = 1 << 20;

    /// The room for earlier versions of pages: 64 MiB, of which it takes what it needs.
    private static final long CACHE_BYTES = 64 << 20;

    /// What is larger is sent as it is: 512 MiB.
    private static final long PACKED_MAX = 512L << 20;

    private static final int PAGE = PageRuns.PAGE_BYTES;
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
    private final PageCache cache = new PageCache(CACHE_BYTES);
    private final Room devicesBefore = new Room(256 << 10);
    private final Room packed = new Room(1 << 20);
    private final Arena arena = Arena.ofShared();
    private final MemorySegment chunk = arena.allocate(CHUNK_BYTES, 64);
    private final ByteBuffer chunkBytes = chunk.asByteBuffer();
    private int filled;

    /// Packs a round of the first copy: the standby is asked nothing of what it has.
    ///
    /// @return valid until the next call
    ByteBuffer packRound(StagedEpoch round) throws Room.TooLarge {
        begin(round);
        for (Room part : round.parts()) {
            add(part);
        }
        return end();
    }

    /// Remembers an epoch, as must be done with each, and packs it if that is wanted and it is not too large.
    ///
    /// @return valid until the next call
    Optional<ByteBuffer> pack(StagedEpoch epoch, boolean wanted) throws Room.TooLarge {
        if (!wanted || epoch.bytes() > PACKED_MAX) {
            remember(epoch);
            return Optional.empty();
        }
        begin(epoch);
        for (Room part : epoch.parts()) {
            if (part == epoch.pages()) {
                addPages(epoch);
            } else if (part == epoch.deviceState()) {
                addDevices(part);
            } else {
                add(part);
            }
        }
        keepDevices(epoch);
        return Optional.of(end());
    }

    private void remember(StagedEpoch epoch) throws Room.TooLarge {
        MemorySegment pages = epoch.pages().segment();
        epoch.forEachRun((first, count, at) -> {
            for (int i = 0; i < count; i++) {
                cache.keep(first + i, pages, at + (long) i * PAGE);
            }
        });
        keepDevices(epoch);
    }

    private void keepDevices(StagedEpoch epoch) throws Room.TooLarge {
        Room devices = epoch.deviceState();
        devicesBefore.clear();
        long at = devicesBefore.take(devices.used());
        MemorySegment.copy(devices.segment(), 0, devicesBefore.segment(), at, devices.used());
    }

    private void begin(StagedEpoch epoch) throws Room.TooLarge {
        packed.clear();
        filled = 0;
        long bits = marks(epoch.pageCount());
        long at = packed.take(bits);
        packed.segment().asSlice(at, bits).fill((byte) 0);
    }

    /// Bytes of the bits for so many pages.
    static long marks(int pages) {
        return (pages + 7L) / 8;
    }

    private void add(Room part) throws Room.TooLarge {
        for (long at = 0; at < part.used(); ) {
            long bytes = Math.min(part.used() - at, CHUNK_BYTES);
            MemorySegment.copy(part.segment(), at, chunk, room(bytes), bytes);
            at += bytes;
        }
    }

    private void addPages(StagedEpoch epoch) throws Room.TooLarge {
        MemorySegment pages = epoch.pages().segment();
        epoch.forEachRun((first, count, at) -> {
            for (int i = 0; i < count; i++) {
                addPage(first + i, pages, at + (long) i * PAGE);
            }
        });
    }

    private void addPage(int page, MemorySegment pages, long at) throws Room.TooLarge {
        int to = room(PAGE);
        if (cache.has(page)) {
            cache.exchange(page, pages, at, chunk, to);
            long number = at / PAGE;
            byte marks = packed.segment().get(JAVA_BYTE, number / 8);
            packed.segment().set(JAVA_BYTE, number / 8, (byte) (marks | 1 << number % 8));
        } else {
            cache.keep(page, pages, at);
            MemorySegment.copy(pages, at, chunk, to, PAGE);
        }
    }

    private void addDevices(Room devices) throws Room.TooLarge {
        for (long at = 0; at < devices.used(); ) {
            long bytes = Math.min(devices.used() - at, CHUNK_BYTES);
            long known = Math.clamp(devicesBefore.used() - at, 0, bytes);
            int to = room(bytes);
            Xor.of(devices.segment(), at, devicesBefore.segment(), at, chunk, to, known);
            MemorySegment.copy(devices.segment(), at + known, chunk, to + known, bytes - known);
            at += bytes;
        }
    }

    /// Where in the chunk so many bytes go, at most [#CHUNK_BYTES].
    private int room(long bytes) throws Room.TooLarge {
        if (filled + bytes > CHUNK_BYTES) {
            flush();
        }
        int at = filled;
        filled += (int) bytes;
        return at;
    }

    private void flush() throws Room.TooLarge {
        if (filled == 0) {
            return;
        }
        int most = lz4.maxCompressedLength(filled);
        long header = packed.take(2 * Integer.BYTES);
        long at = packed.take(most);
        ByteBuffer into = packed.segment().asSlice(at, most).asByteBuffer();
        int bytes = lz4.compress(chunkBytes, 0, filled, into, 0, most);
        packed.giveBack(most - bytes);
        packed.segment().set(INT, header, filled);
        packed.segment().set(INT, header + Integer.BYTES, bytes);
        filled = 0;
    }

    private ByteBuffer end() throws Room.TooLarge {
        flush();
        return packed.buffer();
    }

    @Override
    public void close() {
        cache.close();
        devicesBefore.close();
        packed.close();
        arena.close();
    }
}
