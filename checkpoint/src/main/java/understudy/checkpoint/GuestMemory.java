package understudy.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import understudy.linux.AddressRange;
import understudy.linux.PageRuns;
import understudy.linux.ProcessMaps;
import understudy.linux.RemoteMemory;
import understudy.linux.SharedMemoryFile;
import understudy.linux.UserfaultShim;
import understudy.linux.WriteTracker;
import understudy.qemu.HostBlock;
import understudy.qemu.OutgoingHead;
import understudy.qemu.RamBlock;
import understudy.qemu.SmallBlocks;

/// A running guest's memory, seen from its agent: RAM in the file that it shares with QEMU, and the small
/// blocks that are memory of QEMU's own.
///
/// Threads: one at a time.
final class GuestMemory implements AutoCloseable {
    private static final int PAGE = PageRuns.PAGE_BYTES;

    /// A small block that the guest, or QEMU itself, may write later.
    ///
    /// @param index in the head's list of blocks
    /// @param range where QEMU has it
    record SideBlock(int index, AddressRange range) {}

    private final long pid;
    private final SharedMemoryFile ram;
    private final AddressRange ramRange;
    private final List<SideBlock> sides;
    private final WriteTracker tracker;
    private final PageRuns runs = new PageRuns(4096);

    /// @param ramRange where QEMU has the RAM file
    /// @param tracker  tracks `ramRange` and the ranges of all side blocks; closed with this
    /// @param ram      closed with this
    GuestMemory(long pid, SharedMemoryFile ram, AddressRange ramRange, List<SideBlock> sides, WriteTracker tracker) {
        this.pid = pid;
        this.ram = ram;
        this.ramRange = ramRange;
        this.sides = List.copyOf(sides);
        this.tracker = tracker;
    }

    /// Finds a guest's memory, and begins to track what is written to it.
    ///
    /// @param patience with QEMU
    /// @throws IOException also if a block is not found, since what the guest writes to it later would be lost
    static GuestMemory attach(GuestHandle guest, OutgoingHead head, Duration patience) throws IOException {
        SmallBlocks.Located located =
                SmallBlocks.locate(guest.qmp(), guest.process().pid(), head.head(), patience);
        if (!located.missing().isEmpty()) {
            throw new IOException("cannot be copied: where QEMU keeps %s is not known"
                    .formatted(located.missing().stream().map(RamBlock::name).collect(Collectors.joining(", "))));
        }
        AddressRange ram = ProcessMaps.of(guest.process().pid())
                .find(guest.process().ram())
                .orElseThrow(() ->
                        new IOException("QEMU does not map " + guest.process().ram()));
        List<AddressRange> tracked = new ArrayList<>(List.of(ram));
        List<SideBlock> sides = new ArrayList<>();
        List<String> names = head.head().blocks().stream().map(RamBlock::name).toList();
        for (HostBlock block : located.found()) {
            AddressRange range = new AddressRange(block.address(), block.address() + block.length());
            tracked.add(range);
            sides.add(new SideBlock(names.indexOf(block.name()), range));
        }
        SharedMemoryFile file = SharedMemoryFile.open(guest.process().ram());
        try {
            WriteTracker tracker = WriteTracker.attach(guest.process().pid(), UserfaultShim.TRACKER_FD, tracked);
            return new GuestMemory(guest.process().pid(), file, ram, sides, tracker);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    SharedMemoryFile ram() {
        return ram;
    }

    /// Takes what was written since the last time, RAM and small blocks, while the guest stands still. The
    /// first time, that is all of the small blocks.
    void take(StagedEpoch into) throws IOException {
        runs.clear();
        tracker.take(ramRange, runs);
        for (int i = 0; i < runs.count(); i++) {
            into.addPages(ram.segment(), runs.start(i) - ramRange.start(), runs.end(i) - ramRange.start());
        }
        for (SideBlock side : sides) {
            takeSide(side, into);
        }
    }

    private void takeSide(SideBlock side, StagedEpoch into) throws IOException {
        runs.clear();
        tracker.take(side.range, runs);
        for (int i = 0; i < runs.count(); i++) {
            for (long at = runs.start(i); at < runs.end(i); at += PAGE) {
                MemorySegment page = into.addSidePage(side.index, (int) ((at - side.range.start()) / PAGE));
                RemoteMemory.read(pid, at, page);
            }
        }
    }

    /// All of RAM that holds data, while the guest may run on. Pages that it writes after this are told by
    /// [#written].
    ///
    /// A tracker that an earlier stream used has forgotten what that one was told, so its list does not count
    /// here.
    List<AddressRange> everything() throws IOException {
        runs.clear();
        tracker.take(ramRange, runs);
        List<AddressRange> data = new ArrayList<>();
        addData(0, ram.size(), data);
        return data;
    }

    /// What was written to RAM since the last time and holds data, while the guest may run on. Pages that it
    /// writes after this are told again.
    List<AddressRange> written() throws IOException {
        runs.clear();
        tracker.take(ramRange, runs);
        List<AddressRange> data = new ArrayList<>();
        for (int i = 0; i < runs.count(); i++) {
            addData(runs.start(i) - ramRange.start(), runs.end(i) - ramRange.start(), data);
        }
        return data;
    }

    private void addData(long from, long to, List<AddressRange> data) throws IOException {
        long at = from;
        while (at < to) {
            long begin = ram.nextData(at);
            if (begin >= to) {
                return;
            }
            long end = Math.min(to, ram.nextHole(begin));
            data.add(new AddressRange(begin, end));
            at = end;
        }
    }

    /// A checksum of every page, RAM first, then the small blocks in the order of their places in the head.
    byte[] checksums() throws IOException {
        PageChecksums checksums = new PageChecksums();
        checksums.add(ram);
        try (Arena arena = Arena.ofConfined()) {
            for (SideBlock side : sides) {
                MemorySegment content = arena.allocate(side.range.length());
                RemoteMemory.read(pid, side.range.start(), content);
                checksums.add(side.index, content);
            }
        }
        return checksums.bytes();
    }

    @Override
    public void close() {
        tracker.close();
        runs.close();
        ram.close();
    }
}
