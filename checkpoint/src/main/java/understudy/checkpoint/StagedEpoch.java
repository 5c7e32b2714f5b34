package understudy.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import understudy.linux.PageRuns;

/// What one capture took of a guest, outside the heap and ready to be sent: runs of RAM pages, pages of small
/// blocks, device state, writes to disks. It keeps the room that it grew to, so that captures allocate nothing once
/// they have
/// met their worst case.
///
/// In a body: run table (first page and page count, 4 bytes each), RAM pages, side table (block and page, 4
/// bytes each), side pages, device state, writes to disks; big-endian.
///
/// Threads: one at a time.
public final class StagedEpoch implements AutoCloseable {

    /// The most RAM that one capture may take. A guest that writes more than this between two captures cannot be
    /// protected.
    public static final long BYTES_MAX = 1L << 30;

    private static final int PAGE = PageRuns.PAGE_BYTES;
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Room runs = new Room(64 << 10);
    private final Room pages = new Room(4 << 20);
    private final Room sides = new Room(1 << 10);
    private final Room sidePages = new Room(64 << 10);
    private final Room devices = new Room(256 << 10);
    private final Room disks = new Room(64 << 10);
    private final CRC32C checksum = new CRC32C();

    public void clear() {
        for (Room room : parts()) {
            room.clear();
        }
    }

    public int pageCount() {
        return (int) (pages.used() / PAGE);
    }

    public int sidePageCount() {
        return (int) (sidePages.used() / PAGE);
    }

    public int deviceBytes() {
        return (int) devices.used();
    }

    /// Bytes of the body.
    public long bytes() {
        return runs.used() + pages.used() + sides.used() + sidePages.used() + devices.used() + disks.used();
    }

    /// Copies RAM from `ram` at [`from`, `to`), both page-aligned offsets.
    void addPages(MemorySegment ram, long from, long to) throws IOException {
        long run = runs.take(8);
        runs.segment().set(INT, run, (int) (from / PAGE));
        runs.segment().set(INT, run + 4, (int) ((to - from) / PAGE));
        long at = pages.take(to - from);
        MemorySegment.copy(ram, from, pages.segment(), at, to - from);
    }

    /// Room for one page of a small block.
    ///
    /// @param block its index in the head's list
    MemorySegment addSidePage(int block, int page) throws IOException {
        long entry = sides.take(8);
        sides.segment().set(INT, entry, block);
        sides.segment().set(INT, entry + 4, page);
        long at = sidePages.take(PAGE);
        return sidePages.segment().asSlice(at, PAGE);
    }

    /// Room for `bytes` of device state, behind what is there.
    MemorySegment deviceRoom(long bytes) throws IOException {
        long at = devices.take(bytes);
        return devices.segment().asSlice(at, bytes);
    }

    /// Gives back what of the last [#deviceRoom] was not filled.
    void trimDevices(long unused) {
        devices.giveBack(unused);
    }

    /// The device state so far; a copy.
    byte[] devices() {
        return devices.segment().asSlice(0, devices.used()).toArray(JAVA_BYTE);
    }

    /// Copies what the guest wrote to its disks; once for each epoch.
    ///
    /// @throws IOException if it is more than an epoch may bring
    void addDisks(GuestDisks.Sealed writes) throws IOException {
        long bytes = writes.bytes();
        if (bytes > GuestDisks.EPOCH_BYTES_MAX) {
            throw new IOException("the guest wrote " + (bytes >> 20) + " MiB to its disks between two captures");
        }
        if (bytes > 0) {
            long at = disks.take(bytes);
            writes.writeTo(disks.segment().asSlice(at, bytes));
        }
    }

    /// The parts of the body, in order.
    List<Room> parts() {
        return List.of(runs, pages, sides, sidePages, devices, disks);
    }

    Room pages() {
        return pages;
    }

    Room deviceState() {
        return devices;
    }

    /// Tells of each run of pages, in order.
    void forEachRun(Runs tell) throws Room.TooLarge {
        long at = 0;
        for (long entry = 0; entry < runs.used(); entry += 8) {
            int first = runs.segment().get(INT, entry);
            int count = runs.segment().get(INT, entry + 4);
            tell.run(first, count, at);
            at += (long) count * PAGE;
        }
    }

    /// Told of runs of pages.
    interface Runs {
        /// @param first the first page's number in RAM
        /// @param at    where in [#pages] they begin
        void run(int first, int count, long at) throws Room.TooLarge;
    }

    /// Sends it as one message.
    ///
    /// @param packed how it goes over the wire if that is shorter; of just this epoch
    /// @return bytes sent
    long send(
            Channel channel,
            Message.Kind kind,
            boolean last,
            long view,
            long epoch,
            UUID stream,
            Optional<ByteBuffer> packed)
            throws IOException {
        ByteBuffer[] body = parts().stream().map(Room::buffer).toArray(ByteBuffer[]::new);
        checksum.reset();
        for (ByteBuffer part : body) {
            checksum.update(part.duplicate());
        }
        Optional<ByteBuffer> shorter = packed.filter(it -> it.remaining() < bytes());
        int packedBytes = shorter.map(ByteBuffer::remaining).orElse(0);
        Message message = new Message(
                kind,
                last,
                view,
                epoch,
                stream,
                (int) (runs.used() / 8),
                pageCount(),
                sidePageCount(),
                deviceBytes(),
                (int) disks.used(),
                packedBytes,
                Math.toIntExact(bytes()),
                (int) checksum.getValue());
        channel.send(message, shorter.map(it -> new ByteBuffer[] {it}).orElse(body));
        return (long) Message.HEADER_BYTES + message.wireBytes();
    }

    @Override
    public void close() {
        for (Room room : parts()) {
            room.close();
        }
    }
}
