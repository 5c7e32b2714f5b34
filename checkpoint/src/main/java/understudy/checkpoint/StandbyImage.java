package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import understudy.linux.PageRuns;
import understudy.linux.SharedMemoryFile;
import understudy.qemu.DeviceState;
import understudy.qemu.IncomingFeed;
import understudy.qemu.MigrationStream;
import understudy.qemu.RamBlock;
import understudy.qemu.StreamHead;

/// The guest as of the last epoch that was applied: RAM in the file of a QEMU that waits for an incoming
/// stream, all else in memory here.
///
/// Threads: one at a time.
final class StandbyImage implements AutoCloseable {
    private final GuestHandle guest;
    private final SharedMemoryFile ram;
    private final StreamHead head;
    private final Map<String, byte[]> blocks;
    private Optional<DeviceState> devices = Optional.empty();

    /// @param encodedHead as the active sent it
    /// @throws IOException if the head is not understood, or its RAM is not of this size
    StandbyImage(GuestHandle guest, byte[] encodedHead) throws IOException {
        this.guest = guest;
        this.head = MigrationStream.decodeHead(encodedHead);
        this.blocks = new HashMap<>(head.contents());
        this.ram = SharedMemoryFile.open(guest.process().ram());
        if (ram.size() != guest.ramBytes()) {
            ram.close();
            throw new IOException("the RAM file has %d bytes, not %d".formatted(ram.size(), guest.ramBytes()));
        }
    }

    /// The guest's RAM.
    MemorySegment ram() {
        return ram.segment();
    }

    /// Whether an epoch can be brought in: its devices are a whole state, and its small blocks are those of the
    /// head.
    boolean accepts(ReceivedEpoch epoch) {
        try {
            DeviceState _ = DeviceState.of(epoch.devices());
            epoch.applySidePages((index, offset, _) -> block(index, offset));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// Brings a round or an epoch in. After a failure the image is of no use.
    void apply(ReceivedEpoch epoch) throws IOException {
        epoch.applyPages(
                (from, offset, ramOffset, bytes) -> MemorySegment.copy(from, offset, ram.segment(), ramOffset, bytes));
        epoch.applySidePages(this::applySidePage);
        if (epoch.message().deviceBytes() > 0) {
            devices = Optional.of(DeviceState.of(epoch.devices()));
        }
    }

    private void applySidePage(int index, long offset, MemorySegment page) throws IOException {
        MemorySegment block = MemorySegment.ofArray(block(index, offset));
        MemorySegment.copy(page, 0, block, offset, PageRuns.PAGE_BYTES);
    }

    /// The small block of this index, which has a page at `offset`.
    private byte[] block(int index, long offset) throws IOException {
        byte[] block = index >= 0 && index < head.blocks().size() ? blocks.get(name(index)) : null;
        if (block == null || offset + PageRuns.PAGE_BYTES > block.length) {
            throw new IOException("a page of block " + index + " at " + offset + ", which the head does not have");
        }
        return block;
    }

    private String name(int index) {
        RamBlock block = head.blocks().get(index);
        return block.name();
    }

    /// Compares this image, page by page, with the checksums that the active made when the guest stood still.
    ///
    /// @return how many pages differ
    long differing(byte[] checksums) throws IOException {
        PageChecksums own = new PageChecksums();
        own.add(ram);
        ByteBuffer listed = ByteBuffer.wrap(checksums);
        try {
            listed.position(Math.toIntExact(Long.BYTES + listed.getLong(0) * Integer.BYTES));
            while (listed.hasRemaining()) {
                int index = listed.getInt();
                int pages = listed.getInt();
                byte[] block = blocks.get(name(index));
                if (block == null || pages != block.length / PageRuns.PAGE_BYTES) {
                    throw new IOException(
                            "checksums of " + pages + " pages of block " + index + ", which the head does not have");
                }
                own.add(index, MemorySegment.ofArray(block));
                listed.position(listed.position() + pages * Integer.BYTES);
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("checksums that are not of the form agreed", e);
        }
        return PageChecksums.differing(checksums, own.bytes());
    }

    /// Lets the waiting QEMU go on from here, once.
    ///
    /// @return how long it took
    Duration resume(Duration timeout) throws IOException {
        DeviceState last = devices.orElseThrow(() -> new IOException("no whole epoch has arrived"));
        byte[] stream = MigrationStream.encode(head.withContents(blocks), last);
        return IncomingFeed.resume(guest.qmp(), guest.process(), stream, timeout)
                .time();
    }

    @Override
    public void close() {
        ram.close();
    }
}
