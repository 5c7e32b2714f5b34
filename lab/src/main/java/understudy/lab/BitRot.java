package understudy.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import understudy.linux.FileBlocks;
import understudy.model.Problem;

/// Flips bits of what a disk holds, beneath its file system, which notices nothing: names, sizes and times of
/// files stay as they are.
///
/// Only data is struck, in blocks that were written: not what a replica's metadata (`.meta`, `.view`) or the
/// file system itself keeps there.
///
/// @param folder where the file system is mounted
/// @param disk   the file that it is on
/// @param random decides which bits, among those that are there
record BitRot(Path folder, Path disk, SplittableRandom random) {
    static final int MOST_BLOCKS = 65_536;
    private static final int BLOCK = 4096;
    private static final List<String> SPARED = List.of(".meta", ".view");

    /// Written blocks of one file that lie in a row.
    ///
    /// @param length of the bytes that belong to the file
    private record Stretch(Path file, long offset, long device, long length) {
        long blocks() {
            return (length + BLOCK - 1) / BLOCK;
        }
    }

    /// Flips one bit in each of `blocks` different blocks of these files, or in all blocks if there are fewer.
    ///
    /// @throws Problem.Refused if no file holds anything
    List<BitFlip> strike(List<Path> files, int blocks) throws IOException {
        List<Stretch> stretches = stretches(files);
        long all = stretches.stream().mapToLong(Stretch::blocks).sum();
        if (all == 0) {
            throw Problem.of(
                            "nothing-to-corrupt",
                            "Nothing has been written to this disk",
                            "Write a file to it first, or make a VM with a disk on this host")
                    .refused();
        }
        List<BitFlip> flips = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (long chosen : chosen(all, blocks)) {
                flips.add(flip(channel, stretches, chosen));
            }
        }
        for (Path file : files) {
            FileBlocks.dropCache(file);
        }
        return flips;
    }

    private static List<Stretch> stretches(List<Path> files) throws IOException {
        List<Stretch> stretches = new ArrayList<>();
        for (Path file : files) {
            if (SPARED.stream().noneMatch(file.toString()::endsWith)) {
                long size = Files.size(file);
                for (FileBlocks.Run run : FileBlocks.written(file)) {
                    long length = Math.min(run.length(), size - run.offset());
                    if (length > 0) {
                        stretches.add(new Stretch(file, run.offset(), run.device(), length));
                    }
                }
            }
        }
        return stretches;
    }

    /// Different numbers below `all`, ascending.
    private SortedSet<Long> chosen(long all, int blocks) {
        SortedSet<Long> chosen = new TreeSet<>();
        long wanted = Math.min(all, blocks);
        // The last `wanted` numbers one by one, each or a smaller one: every choice is as likely as any other.
        for (long top = all - wanted; top < all; top++) {
            if (!chosen.add(random.nextLong(top + 1))) {
                chosen.add(top);
            }
        }
        return chosen;
    }

    private BitFlip flip(FileChannel channel, List<Stretch> stretches, long chosen) throws IOException {
        long block = chosen;
        int index = 0;
        while (block >= stretches.get(index).blocks()) {
            block -= stretches.get(index).blocks();
            index++;
        }
        Stretch stretch = stretches.get(index);
        long start = block * BLOCK;
        long at = start + random.nextLong(Math.min(BLOCK, stretch.length - start));
        int bit = random.nextInt(Byte.SIZE);
        ByteBuffer one = ByteBuffer.allocate(1);
        if (channel.read(one, stretch.device + at) != 1) {
            throw new IOException("the disk ends before byte " + (stretch.device + at));
        }
        one.put(0, (byte) (one.get(0) ^ (1 << bit))).rewind();
        channel.write(one, stretch.device + at);
        return new BitFlip(folder.relativize(stretch.file).toString(), stretch.offset + at, bit);
    }
}
