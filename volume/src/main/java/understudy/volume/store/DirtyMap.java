package understudy.volume.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import understudy.volume.Geometry;
import understudy.volume.store.ReplicaFormat.DirtyField;

/// Which blocks a missing peer lacks: a bit for each, all of them in memory.
///
/// Threads: changed under the order lock, read by any.
final class DirtyMap {
    private static final int WORDS = ReplicaFormat.EXTENT_WORDS;
    private static final int GROUP_WORDS = ReplicaFormat.GROUP_EXTENTS * WORDS;

    private final int extents;
    private final long generation;
    private final AtomicLongArray words;
    private final AtomicLong count = new AtomicLong();

    /// 1 for each group that differs from what is on disk.
    private final AtomicIntegerArray changed;

    /// 1 for each group whose page on disk is of this generation, sound or not. Under the lock of [Metadata].
    private final AtomicIntegerArray stored;

    DirtyMap(int extents, long generation) {
        this.extents = extents;
        this.generation = generation;
        this.words = new AtomicLongArray(Math.multiplyExact(extents, WORDS));
        this.changed = new AtomicIntegerArray(ReplicaFormat.groups(extents));
        this.stored = new AtomicIntegerArray(ReplicaFormat.groups(extents));
    }

    long generation() {
        return generation;
    }

    long count() {
        return count.get();
    }

    /// The same for a volume that has grown.
    DirtyMap grown(int newExtents) {
        DirtyMap grown = new DirtyMap(newExtents, generation);
        for (int i = 0; i < words.length(); i++) {
            grown.words.setPlain(i, words.get(i));
        }
        for (int i = 0; i < changed.length(); i++) {
            grown.changed.setPlain(i, changed.get(i));
            grown.stored.setPlain(i, stored.get(i));
        }
        grown.count.set(count.get());
        return grown;
    }

    /// Marks blocks `first` to `last`.
    void mark(long first, long last) {
        for (long word = first >> 6; word <= last >> 6; word++) {
            long from = word == first >> 6 ? -1L << first : -1L;
            long to = word == last >> 6 ? -1L >>> (63 - (int) (last & 63)) : -1L;
            set((int) word, from & to);
        }
    }

    private void set(int word, long bits) {
        long before = words.getPlain(word);
        long missing = bits & ~before;
        if (missing != 0) {
            words.set(word, before | missing);
            count.addAndGet(Long.bitCount(missing));
            changed.set(word / GROUP_WORDS, 1);
        }
    }

    void clear(int extent, long[] bits) {
        for (int i = 0; i < WORDS; i++) {
            int word = extent * WORDS + i;
            long before = words.getPlain(word);
            long gone = before & bits[i];
            if (gone != 0) {
                words.set(word, before & ~gone);
                count.addAndGet(-Long.bitCount(gone));
                changed.set(word / GROUP_WORDS, 1);
            }
        }
    }

    int copy(int extent, long[] bits) {
        int marked = 0;
        for (int i = 0; i < WORDS; i++) {
            bits[i] = words.get(extent * WORDS + i);
            marked += Long.bitCount(bits[i]);
        }
        return marked;
    }

    int next(int extent) {
        for (int word = extent * WORDS; word < words.length(); word++) {
            if (words.get(word) != 0) {
                return word / WORDS;
            }
        }
        return -1;
    }

    /// Whether this group's page is to be written; it counts as written from here on.
    boolean takeChanged(int group) {
        return changed.getAndSet(group, 0) != 0;
    }

    /// The group's page was not written after all.
    void stillChanged(int group) {
        changed.set(group, 1);
    }

    /// The group's page has been written, or found.
    void isStored(int group) {
        stored.set(group, 1);
    }

    /// How many pages of this generation there are on disk.
    int storedPages() {
        int pages = 0;
        for (int group = 0; group < stored.length(); group++) {
            pages += stored.get(group);
        }
        return pages;
    }

    /// Pages are missing, nobody knows which: marks all blocks of groups of which none was found.
    void markMissing(long blocks) {
        for (int group = 0; group < stored.length(); group++) {
            if (stored.get(group) == 0) {
                markAll(group, blocks);
            }
        }
    }

    private void markAll(int group, long blocks) {
        long first = (long) group * ReplicaFormat.GROUP_EXTENTS * Geometry.EXTENT_BLOCKS;
        long past = first + (long) ReplicaFormat.GROUP_EXTENTS * Geometry.EXTENT_BLOCKS;
        mark(first, Math.min(past, blocks) - 1);
    }

    int groups() {
        return changed.length();
    }

    /// Writes a page, all of `into`.
    void encode(ByteBuffer into, int group) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < ReplicaFormat.DIRTY_HEADER_BYTES; at += Long.BYTES) {
            into.putLong(at, 0);
        }
        into.putInt(DirtyField.MAGIC.offset, ReplicaFormat.DIRTY_MAGIC);
        into.putLong(DirtyField.GENERATION.offset, generation);
        into.putInt(DirtyField.GROUP.offset, group);
        for (int i = 0; i < GROUP_WORDS; i++) {
            int word = group * GROUP_WORDS + i;
            into.putLong(DirtyField.MARKS.offset + i * Long.BYTES, word < words.length() ? words.get(word) : 0);
        }
        into.putInt(DirtyField.CHECKSUM.offset, Scratch.structure(into, DirtyField.CHECKSUM.offset));
    }

    /// Adds the marks of a page, all of `from`. A page that was never written, or of another generation, has
    /// none; whether one is missing is told by [#storedPages].
    ///
    /// @param blocks of the volume
    /// @return whether it is sound; if not, all its blocks are marked
    boolean decode(ByteBuffer from, int group, long blocks) {
        from.order(ByteOrder.LITTLE_ENDIAN);
        if (isZero(from)) {
            return true;
        }
        if (from.getInt(DirtyField.MAGIC.offset) != ReplicaFormat.DIRTY_MAGIC
                || from.getInt(DirtyField.GROUP.offset) != group
                || from.getInt(DirtyField.CHECKSUM.offset) != Scratch.structure(from, DirtyField.CHECKSUM.offset)) {
            markAll(group, blocks);
            // Whatever it was: it may be the one that would be missed.
            isStored(group);
            return false;
        }
        if (from.getLong(DirtyField.GENERATION.offset) == generation) {
            isStored(group);
            for (int i = 0; i < GROUP_WORDS && group * GROUP_WORDS + i < words.length(); i++) {
                set(group * GROUP_WORDS + i, from.getLong(DirtyField.MARKS.offset + i * Long.BYTES));
            }
        }
        return true;
    }

    private static boolean isZero(ByteBuffer bytes) {
        for (int at = 0; at < ReplicaFormat.DIRTY_PAGE_BYTES; at += Long.BYTES) {
            if (bytes.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    int extents() {
        return extents;
    }
}
