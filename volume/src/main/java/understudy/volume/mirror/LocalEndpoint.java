package understudy.volume.mirror;

import java.io.IOException;
import java.util.List;
import understudy.volume.Geometry;
import understudy.volume.store.BadBlocks;
import understudy.volume.store.ReplicaStore;

/// The replica on this host.
record LocalEndpoint(ReplicaStore store) implements ReplicaEndpoint {

    @Override
    public void sums(int extent, int[] sums) throws IOException {
        while (!store.checksums(extent, sums)) {
            store.compute(extent);
        }
    }

    @Override
    public void digests(int extent, long[] wanted, long[] digests) throws IOException {
        store.digests(extent, wanted, digests);
    }

    @Override
    public BadBlocks bad() {
        return store.bad();
    }

    @Override
    public boolean markBad(int extent, long[] bits) throws IOException {
        return store.markBad(extent, bits);
    }

    @Override
    public int dirty(int from, long[] bits) {
        int extent = store.nextDirty(from);
        if (extent >= 0) {
            store.dirty(extent, bits);
        }
        return extent;
    }

    @Override
    public long dirtyBlocks() {
        return store.dirtyBlocks();
    }

    @Override
    public void clear(int extent, long[] bits) {
        store.clear(extent, bits);
    }

    @Override
    public int[] logged() {
        return store.doubtfulExtents();
    }

    @Override
    public void mark(int extent) {
        long begin = (long) extent * Geometry.EXTENT_BYTES;
        store.mark(begin, Math.min(Geometry.EXTENT_BYTES, store.sizeBytes() - begin));
    }

    @Override
    public void persistMarks() throws IOException {
        store.persistMarks();
    }

    @Override
    public void read(List<Span> spans) throws IOException {
        for (Span span : spans) {
            store.read(span.offset(), span.data());
        }
    }

    @Override
    public boolean copy(List<Span> spans) throws IOException {
        boolean isHot = true;
        for (Span span : spans) {
            isHot &= store.touch(span.offset(), span.data().byteSize());
        }
        if (!isHot && !store.heat()) {
            return false;
        }
        for (Span span : spans) {
            store.writeCopy(span.offset(), span.data());
        }
        return true;
    }

    @Override
    public void flush() throws IOException {
        store.sync();
    }
}
