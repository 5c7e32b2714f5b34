package understudy.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import understudy.volume.Geometry;
import understudy.volume.store.BadBlocks;
import understudy.volume.store.ByteRange;
import understudy.volume.store.CorruptBlocksException;
import understudy.volume.store.ReplicaStore;

class ResyncTest {
    /// Two extents; the last block is not whole.
    private static final int SIZE = (6 << 20) + 512;

    private final List<String> reports = new ArrayList<>();
    private final MirroredVolume volume = new MirroredVolume("disk", SIZE, true, new MachineThreads(), new Nothing());
    private final Replica source = new Replica();
    private final Replica target = new Replica();
    private String outcome = "";
    private final List<String> complaints = new ArrayList<>();

    private final class Nothing implements MirroredVolume.Reports {
        @Override
        public void localFailed(ReplicaStore store, String why) {}

        @Override
        public void logFull(ReplicaStore store) {}

        @Override
        public void corrupt(String what) {
            complaints.add(what);
        }

        @Override
        public void mended(List<ByteRange> ranges) {}
    }

    /// A replica in memory; its checksums are those of Java's arrays.
    private boolean areChecksumsAlike;

    private final class Replica implements ReplicaEndpoint {
        final byte[] bytes = new byte[SIZE];
        final long[][] marks = new long[Geometry.extents(SIZE)][Marks.WORDS];
        final List<Integer> copies = new ArrayList<>();
        final Set<Integer> corrupt = new HashSet<>();
        BadBlocks bad = BadBlocks.NONE;
        int badMax = 448;
        int refusals;
        int unflushed;
        Runnable whileReading = () -> {};

        void markBlock(long block) {
            Marks.add(marks[(int) (block / Geometry.EXTENT_BLOCKS)], (int) (block % Geometry.EXTENT_BLOCKS));
        }

        @Override
        public void sums(int extent, int[] sums) {
            for (int block = 0; block < sums.length; block++) {
                int at = extent * Geometry.EXTENT_BYTES + block * Geometry.BLOCK_BYTES;
                sums[block] = at < SIZE && !areChecksumsAlike
                        ? Arrays.hashCode(Arrays.copyOfRange(bytes, at, Math.min(SIZE, at + Geometry.BLOCK_BYTES)))
                        : 0;
            }
        }

        /// Of the first bytes of each block: as far as the tests change them where checksums are alike.
        @Override
        public void digests(int extent, long[] wanted, long[] digests) {
            for (int block = 0; block < digests.length; block++) {
                int at = extent * Geometry.EXTENT_BYTES + block * Geometry.BLOCK_BYTES;
                if (Marks.has(wanted, block) && at < SIZE) {
                    digests[block] = new BigInteger(Arrays.copyOfRange(bytes, at, Math.min(SIZE, at + 64))).hashCode();
                }
                int number = extent * Geometry.EXTENT_BLOCKS + block;
                if (Marks.has(wanted, block) && (corrupt.contains(number) || bad.has(number))) {
                    digests[block] = ReplicaStore.DIGEST_OF_CORRUPT;
                }
            }
        }

        @Override
        public BadBlocks bad() {
            return bad;
        }

        @Override
        public boolean markBad(int extent, long[] bits) {
            boolean hasRoom = bad.count() < badMax;
            bad = hasRoom ? bad.with(extent, bits) : bad;
            return hasRoom;
        }

        @Override
        public int dirty(int from, long[] bits) {
            for (int extent = from; extent < marks.length; extent++) {
                if (Marks.count(marks[extent]) > 0) {
                    System.arraycopy(marks[extent], 0, bits, 0, bits.length);
                    return extent;
                }
            }
            return -1;
        }

        @Override
        public long dirtyBlocks() {
            return Arrays.stream(marks).mapToInt(Marks::count).sum();
        }

        @Override
        public void clear(int extent, long[] bits) {
            reports.add("clear with " + target.unflushed + " unflushed");
            for (int i = 0; i < bits.length; i++) {
                marks[extent][i] &= ~bits[i];
            }
        }

        @Override
        public int[] logged() {
            return new int[0];
        }

        @Override
        public void mark(int extent) {}

        @Override
        public void persistMarks() {}

        @Override
        public void read(List<Span> spans) throws IOException {
            assertThat(spans).hasSizeBetween(1, SPANS_MAX);
            for (Span span : spans) {
                for (long at = span.offset(); at < span.offset() + span.data().byteSize(); at += Geometry.BLOCK_BYTES) {
                    if (corrupt.contains((int) (at / Geometry.BLOCK_BYTES))) {
                        throw new CorruptBlocksException(List.of(new ByteRange(at, Geometry.BLOCK_BYTES)));
                    }
                }
                span.data()
                        .copyFrom(MemorySegment.ofArray(bytes)
                                .asSlice(span.offset(), span.data().byteSize()));
            }
            whileReading.run();
        }

        @Override
        public boolean copy(List<Span> spans) {
            assertThat(spans).hasSizeBetween(1, SPANS_MAX);
            if (refusals > 0) {
                refusals--;
                return false;
            }
            copies.add(spans.size());
            unflushed += spans.size();
            for (Span span : spans) {
                byte[] data = span.data().toArray(ValueLayout.JAVA_BYTE);
                System.arraycopy(data, 0, bytes, Math.toIntExact(span.offset()), data.length);
            }
            return true;
        }

        @Override
        public void flush() {
            unflushed = 0;
        }
    }

    private void run() {
        new Resync(
                        volume,
                        volume.route(),
                        source,
                        target,
                        () -> false,
                        new Pace(volume.traffic()),
                        new Resync.Outcome() {
                            @Override
                            public void caughtUp(Resync resync) {
                                outcome = "caught up";
                            }

                            @Override
                            public void stopped(Resync resync, String why) {
                                outcome = why;
                            }
                        })
                .run();
    }

    private void write(int offset, int value) {
        source.bytes[offset] = (byte) value;
        source.markBlock(offset / Geometry.BLOCK_BYTES);
    }

    @Test
    void scatteredBlocksAreCopiedManyAtATime() {
        for (int block = 0; block < 512; block += 3) {
            write(block * Geometry.BLOCK_BYTES + 7, 1 + block % 100);
        }
        write(SIZE - 1, 9);
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(Arrays.mismatch(target.bytes, source.bytes)).isEqualTo(-1);
        // At least 16 at a time, also while the volume is so young that a client may still be at work.
        assertThat(target.copies).hasSizeLessThan(171 / 16 + 3);
        assertThat(source.dirtyBlocks()).isZero();
    }

    /// As those of blocks that hold a CRC-32C of their own may be.
    @Test
    void blocksThatDifferAreCopiedEvenIfTheirChecksumsAreEqual() {
        areChecksumsAlike = true;
        write(7, 5);
        write(9 * Geometry.BLOCK_BYTES, 6);
        source.markBlock(20);
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(Arrays.mismatch(target.bytes, source.bytes)).isEqualTo(-1);
        assertThat(target.copies).as("and only these").containsExactly(2);
    }

    /// Nobody has it, so nobody waits for it; the target must not be taken for good, whatever its checksum says.
    @Test
    void whatIsCorruptInTheSourceIsBadOnBothSidesAndKeepsNobodyOut() {
        for (int block = 0; block < 12; block++) {
            write(block * Geometry.BLOCK_BYTES, 1 + block);
        }
        source.corrupt.add(3);
        // Its checksum is that of the target's.
        source.bytes[7 * Geometry.BLOCK_BYTES] = 0;
        source.corrupt.add(7);
        source.corrupt.add(2000);
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(source.dirtyBlocks()).isZero();
        assertThat(source.bad.runs()).containsExactly(3L << 16, 7L << 16);
        assertThat(target.bad).isEqualTo(source.bad);
        assertThat(target.bytes[11 * Geometry.BLOCK_BYTES]).isEqualTo((byte) 12);
        assertThat(complaints).hasSize(2).allMatch(what -> what.startsWith("no good copy of"));
        // Once more, for another peer: it is no news.
        target.bad = BadBlocks.NONE;
        source.markBlock(3);
        run();
        assertThat(target.bad.runs()).containsExactly(3L << 16);
        assertThat(complaints).hasSize(2);
    }

    /// Rather no second replica than one that may be old somewhere.
    @Test
    void aTargetWithoutRoomForMoreBadBlocksStaysOut() {
        write(3 * Geometry.BLOCK_BYTES, 1);
        source.corrupt.add(3);
        target.badMax = 0;
        run();
        assertThat(outcome).contains("more bad blocks than can be told");
        assertThat(source.dirtyBlocks()).isEqualTo(1);
    }

    @Test
    void whatIsBadInTheTargetAloneIsCopied() {
        target.bad = BadBlocks.NONE.with(0, new long[] {1 << 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        source.markBlock(5);
        source.markBlock(6);
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(target.copies).containsExactly(1);
    }

    @Test
    void marksAreClearedOnlyWhenTheTargetHasFlushed() {
        Random random = new Random(3);
        for (int i = 0; i < 500; i++) {
            write(random.nextInt(SIZE), 1 + random.nextInt(100));
        }
        run();
        assertThat(Arrays.mismatch(target.bytes, source.bytes)).isEqualTo(-1);
        assertThat(reports).isNotEmpty().containsOnly("clear with 0 unflushed");
    }

    @Test
    void blocksThatClientsWroteMeanwhileAreNotOverwrittenButLookedAtAgain() {
        int touched = 5 * Geometry.BLOCK_BYTES;
        for (int block = 0; block < 20; block += 5) {
            write(block * Geometry.BLOCK_BYTES, 1);
        }
        source.whileReading = () -> {
            // A client's write, which both get.
            source.whileReading = () -> {};
            source.bytes[touched] = 77;
            target.bytes[touched] = 77;
            volume.copies().forEach(copy -> copy.touch(touched, 1));
        };
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(target.bytes[touched]).isEqualTo((byte) 77);
        assertThat(Arrays.mismatch(target.bytes, source.bytes)).isEqualTo(-1);
        assertThat(target.copies).containsExactly(3);
        assertThat(volume.copies()).isEmpty();
    }

    @Test
    void aTargetWithoutRoomInItsLogIsTriedAgain() {
        write(100, 1);
        write(5 << 20, 2);
        target.refusals = 3;
        run();
        assertThat(outcome).isEqualTo("caught up");
        assertThat(Arrays.mismatch(target.bytes, source.bytes)).isEqualTo(-1);
        assertThat(source.dirtyBlocks()).isZero();
    }
}
